import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { documentedRights, usedRights } from '../lib/rights.mjs';
import { compareRights } from '../stages/rights.mjs';
import { temporaryFolder } from './helpers.mjs';

const page = `# What the portal may do

## AWS: reading

\`\`\`json
{ "Statement": [{ "Action": ["iam:GetRole"] }] }
\`\`\`

## AWS: verifying

| action               | for   |
| -------------------- | ----- |
| \`eks:ListNodegroups\` | nodes |

## Kubernetes: changing

\`\`\`yaml
kind: ClusterRole
rules:
  - apiGroups: ['']
    resources: [serviceaccounts]
    verbs: [create, delete]
  # Only with allow.createNamespace, and then in a ClusterRoleBinding:
  # - apiGroups: ['']
  #   resources: [namespaces]
  #   verbs: [create]
\`\`\`
`;

function used(...lines) {
  const file = join(temporaryFolder(), 'rights.txt');
  writeFileSync(file, lines.map(line => `${line}\n`).join(''));
  return usedRights(file);
}

const role = use =>
  `arn:aws:iam::111122223333:role/portal/backstage-eks-${use}`;
const all = [
  `${role('verify')} iam:GetRole`,
  `${role('read')} eks:ListNodegroups`,
  `${role('write')} create serviceaccounts`,
  `${role('write')} delete serviceaccounts`,
  `${role('write')} create namespaces`,
];

test('the rights of the page are its policies, its optional actions and its ClusterRoles', () => {
  assert.deepEqual(
    [...documentedRights(page)].map(([right, roles]) => [right, [...roles]]),
    [
      ['iam:GetRole', ['read', 'verify', 'write']],
      ['eks:ListNodegroups', ['read']],
      ['create serviceaccounts', ['write']],
      ['delete serviceaccounts', ['write']],
      ['create namespaces', ['write']],
    ],
  );
});

test('the real page names the rights of every part', () => {
  const rights = [...documentedRights().keys()];
  for (const right of [
    'eks:DescribeCluster',
    'iam:PassRole',
    'eks:DeleteAddon',
    'ec2:DescribeVpcEndpoints',
    'list networkpolicies',
    'watch pods',
    'create namespaces',
  ]) {
    assert.ok(rights.includes(right), right);
  }
});

test('rights that are documented and used, each by a role that has it, pass', () => {
  const documented = documentedRights(page);
  assert.equal(compareRights(documented, used(...all)).failed, 0);
  const others = used(...all, 'arn:aws:iam::111122223333:user/nobody s3:Any');
  assert.equal(compareRights(documented, others).failed, 0);
});

test('a right that nothing used fails, and one that only another role used too', () => {
  const documented = documentedRights(page);
  const { failures } = compareRights(documented, used(...all.slice(1)));
  assert.match(failures[0].text, /no test needed: iam:GetRole\./);
  const byAnother = used(
    `${role('read')} create namespaces`,
    ...all.slice(0, 4),
  );
  assert.match(
    compareRights(documented, byAnother).failures[0].text,
    /no test needed: create namespaces\.\n.*does not name: create namespaces \(read\)\./,
  );
});

test('a right that the page does not name fails', () => {
  const outcome = compareRights(
    documentedRights(page),
    used(...all, `${role('read')} get secrets`),
  );
  assert.match(outcome.failures[0].text, /does not name: get secrets \(read\)/);
});
