import { contextWith } from './__testUtils__/context';
import { trustEditorOf } from './trustEdits';

const editTrust = ['arn:aws:iam::111122223333:role/shop-*'];
const guardrails = { roles: { adopt: [], editTrust } };

it.each([
  ['what is configured', {}, editTrust],
  ['nothing where the portal only watches', { allow: { changes: false } }, []],
])('the portal of a cluster edits %s', (_, more, patterns) => {
  const { cluster } = contextWith({ guardrails, ...more });
  expect(trustEditorOf(cluster, []).patterns).toEqual(patterns);
});
