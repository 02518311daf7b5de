import assert from 'node:assert/strict';
import { test } from 'node:test';
import { repositoryFields } from '../lib/repository.mjs';

const folder = 'plugins/eks-pod-identity';

test('A packed package says where its source lies', () => {
  const url = 'git+https://git.example.com/team/suite.git';
  assert.deepEqual(repositoryFields(folder, { repository: { url } }), {
    repository: { type: 'git', url, directory: folder },
    homepage: 'https://git.example.com/team/suite#readme',
    bugs: { url: 'https://git.example.com/team/suite/issues' },
  });
});

test('As long as the root names no repository, no package does', () => {
  assert.equal(repositoryFields(folder, {}), undefined);
});

test('An address that no browser opens is refused', () => {
  assert.throws(
    () =>
      repositoryFields(folder, {
        repository: { url: 'git@git.example.com:team/suite.git' },
      }),
    /give its HTTPS address/,
  );
});
