// SPDX-License-Identifier: MIT
//
// Manifests, as `kubectl kustomize` prints them, checked without a cluster: what they name
// in each other is there (here), and each is a literal of its kind's type, so that tsc
// finds unknown fields, missing ones and wrong types (in OUT, a file for each FILE).
//
//   node check.mjs OUT FILE...      a line for each FILE that refers to what is not there

import fs from 'node:fs';
import path from 'node:path';
import { loadAll } from 'js-yaml';

const [out, ...files] = process.argv.slice(2);

// Objects that the others of one namespace may name.
function check(docs) {
  const wrong = [];
  const say = (doc, text) => wrong.push(`${doc.kind} ${doc.metadata.name}: ${text}`);
  const named = (kind, name) => docs.find((d) => d.kind === kind && d.metadata.name === name);
  const pods = docs.filter((d) => d.spec?.template).map((d) => d.spec.template);
  const fits = (labels, of) => Object.entries(labels ?? {}).every(([k, v]) => of.metadata.labels[k] === v);

  for (const doc of docs) {
    const select = [doc.spec?.podSelector?.matchLabels, doc.spec?.selector?.matchLabels,
      doc.kind === 'Service' && doc.spec.selector].filter(Boolean);
    for (const labels of select)
      if (!pods.some((p) => fits(labels, p))) say(doc, `no pod is ${JSON.stringify(labels)}`);
    for (const rule of [...(doc.spec?.ingress ?? []), ...(doc.spec?.egress ?? [])])
      for (const peer of [...(rule.from ?? []), ...(rule.to ?? [])])
        if (!pods.some((p) => fits(peer.podSelector?.matchLabels, p))) say(doc, 'a rule for pods that are not there');
    if (doc.spec?.serviceName && !named('Service', doc.spec.serviceName)) say(doc, `no Service ${doc.spec.serviceName}`);
    const pod = doc.spec?.template?.spec;
    if (!pod) continue;
    if (doc.spec.selector && !fits(doc.spec.selector.matchLabels, doc.spec.template)) say(doc, 'selects other pods than its own');
    const volumes = [...(pod.volumes ?? []), ...(doc.spec.volumeClaimTemplates ?? []).map((v) => v.metadata)].map((v) => v.name);
    for (const v of pod.volumes ?? [])
      if (v.secret && !named('Secret', v.secret.secretName)) say(doc, `no Secret ${v.secret.secretName}`);
    for (const c of [...(pod.initContainers ?? []), ...pod.containers]) {
      for (const m of c.volumeMounts ?? []) if (!volumes.includes(m.name)) say(doc, `no volume ${m.name}`);
      for (const e of c.env ?? []) {
        const ref = e.valueFrom?.secretKeyRef;
        if (ref && !(ref.key in (named('Secret', ref.name)?.data ?? {}))) say(doc, `no ${ref.key} in a Secret ${ref.name}`);
      }
      const declared = (c.env ?? []).map((e) => e.name);
      for (const [, name] of (c.args ?? []).join(' ').matchAll(/\$\((\w+)\)/g))
        if (!declared.includes(name)) say(doc, `no variable ${name}`);
      for (const probe of [c.startupProbe, c.livenessProbe, c.readinessProbe].filter(Boolean))
        if (!c.ports?.some((p) => p.name === probe.httpGet.port)) say(doc, `no port ${probe.httpGet.port}`);
      const s = c.securityContext ?? {};
      if (!pod.securityContext?.runAsNonRoot || !s.readOnlyRootFilesystem || s.allowPrivilegeEscalation !== false ||
          !s.capabilities?.drop?.includes('ALL')) say(doc, `${c.name} has rights that it does not need`);
    }
  }
  return wrong;
}

for (const file of files) {
  const docs = loadAll(fs.readFileSync(file, 'utf8')).filter(Boolean);
  const name = path.basename(file, '.yaml');
  const lines = docs.map((doc, i) =>
    `import type { I${doc.kind} as T${i} } from "kubernetes-models/${doc.apiVersion}/${doc.kind}";\n` +
    `export const d${i}: T${i} = ${JSON.stringify(doc)};\n`);
  fs.writeFileSync(path.join(out, `${name}.ts`), lines.join(''));
  for (const text of check(docs)) console.log(`${name}.ts: ${text}`);
}
