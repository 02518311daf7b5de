import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  criticalPath,
  lengthOf,
} from '../../packages/trials/src/bench/operations/criticalPath.mjs';

/** `iam GetRole 0-50`: from its request to its answer. */
function timeline(...lines) {
  const entries = lines.map(line => {
    const [, service, operation, start, end] = /^(\w+) (.+) (\d+)-(\d+)$/.exec(
      line,
    );
    return {
      type: 'call',
      service,
      operation,
      startMs: Number(start),
      waitMs: 0,
      durationMs: end - start,
      outcome: 'ok',
    };
  });
  return { durationMs: 1_000, entries, cut: 0 };
}
const names = path => path.map(({ operation }) => operation);

test('a chain goes through what a write needs, by the slowest read of its plan', () => {
  const path = criticalPath(
    timeline(
      'eks DescribeCluster 0-50',
      'kubernetes get namespaces 51-61',
      'kubernetes get serviceaccounts 51-66',
      'iam GetRole 0-52',
      'iam CreateRole 70-120',
      'eks CreatePodIdentityAssociation 125-175',
      'kubernetes create pods 180-190',
    ),
  );
  assert.deepEqual(names(path), [
    'DescribeCluster',
    'get serviceaccounts',
    'CreateRole',
    'CreatePodIdentityAssociation',
    'create pods',
  ]);
  assert.equal(lengthOf(path), 50 + 15 + 50 + 50 + 10);
});

test('reads that came after each other without need count once', () => {
  const path = criticalPath(
    timeline(
      'iam GetRole 0-50',
      'iam ListRolePolicies 51-101',
      'iam ListInstanceProfilesForRole 102-152',
      'iam DeleteRole 160-210',
    ),
  );
  assert.equal(lengthOf(path), 100);
});

test('what is read again right before a write counts, after the plan', () => {
  const path = criticalPath(
    timeline(
      'eks ListPodIdentityAssociations 0-50',
      'eks DescribePodIdentityAssociation 51-101',
      'eks DescribePodIdentityAssociation 110-160',
      'eks DeletePodIdentityAssociation 161-211',
      'eks DescribePodIdentityAssociation 212-262',
      'iam GetRole 212-262',
      'iam DeleteRole 263-313',
    ),
  );
  assert.deepEqual(names(path), [
    'ListPodIdentityAssociations',
    'DescribePodIdentityAssociation',
    'DescribePodIdentityAssociation',
    'DeletePodIdentityAssociation',
    'DescribePodIdentityAssociation',
    'DeleteRole',
  ]);
});

test('a probe pod needs the association, not the role', () => {
  const path = criticalPath(
    timeline(
      'eks ListPodIdentityAssociations 0-50',
      'eks DescribePodIdentityAssociation 51-101',
      'iam GetRole 102-152',
      'kubernetes create pods 160-170',
      'kubernetes watch pods 171-300',
      'kubernetes delete pods 301-311',
    ),
  );
  assert.deepEqual(names(path), [
    'ListPodIdentityAssociations',
    'DescribePodIdentityAssociation',
    'create pods',
    'watch pods',
    'delete pods',
  ]);
});

test('calls beside each other are in no chain together', () => {
  assert.equal(
    lengthOf(
      criticalPath(
        timeline('iam CreateRole 0-50', 'iam AttachRolePolicy 20-80'),
      ),
    ),
    60,
  );
  assert.deepEqual(criticalPath(timeline()), []);
});
