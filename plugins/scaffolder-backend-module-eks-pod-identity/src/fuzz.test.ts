import { isSampled } from 'eks-sandbox/patience/sample';
import type { TestDatabaseId } from '@backstage/backend-test-utils';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import fc from 'fast-check';
import { createTestDatabases } from './__testUtils__/databases';
import { FuzzPortal } from './__testUtils__/fuzz/FuzzPortal';
import {
  ACTIONS,
  type FuzzInput,
  fuzzInput,
  onceFound,
  operationIds,
} from './__testUtils__/fuzz/inputs';
import { Fuzzer } from './__testUtils__/fuzz/tryInput';

const {
  EKS_POD_IDENTITY_FUZZ_RUNS = isSampled ? '100' : '500',
  EKS_POD_IDENTITY_FUZZ_SEED = '20261126',
  EKS_POD_IDENTITY_FUZZ_PATH,
} = process.env;
const runs = Number(EKS_POD_IDENTITY_FUZZ_RUNS);
const seed = Number(EKS_POD_IDENTITY_FUZZ_SEED);
/** Not just the repetition of one input. */
const isWhole = EKS_POD_IDENTITY_FUZZ_PATH === undefined && runs >= 500;

jest.setTimeout((1 + runs / 60) * PATIENCE_MS);

function tableOf(databaseId: string, { seen }: Fuzzer): string {
  const rows = [...seen].map(([what, ends]) => [
    databaseId,
    what,
    [...ends].map(([end, count]) => `${end}: ${count}`).join(', '),
  ]);
  return [[databaseId, `${runs} inputs`, `seed ${seed}`], ...rows]
    .map(row => `| ${row.join(' | ')} |`)
    .join('\n');
}

function failureOf(
  {
    counterexamplePath,
    counterexample,
    errorInstance,
  }: fc.RunDetails<[FuzzInput]>,
  { firstFailure }: Fuzzer,
): string {
  const written = (input?: FuzzInput) =>
    JSON.stringify(input)
      ?.replace(/(.)\1{59,}/g, same => `${same[0]} × ${same.length}`)
      .slice(0, 3_000);
  return [
    firstFailure?.message,
    `Input: ${written(firstFailure?.input)}`,
    `Shrunk: ${written(counterexample?.[0])}`,
    (errorInstance as Error | undefined)?.message,
    `Repeat: EKS_POD_IDENTITY_FUZZ_SEED=${seed} EKS_POD_IDENTITY_FUZZ_RUNS=${runs} npm test -- unit -- fuzz.test`,
    `This input alone, and smaller ones: EKS_POD_IDENTITY_FUZZ_PATH=${counterexamplePath} beside them`,
  ].join('\n');
}

const databases = createTestDatabases();

describe.each(databases.eachSupportedId())('any input on %s', databaseId => {
  let portal: FuzzPortal;
  beforeAll(async () => {
    portal = await FuzzPortal.start(
      await databases.init(databaseId as TestDatabaseId),
    );
  });
  afterAll(() => portal?.stop());

  it('is answered, or refused with a reason and before any call', async () => {
    const fuzzer = new Fuzzer(portal);
    const outcome = await fc.check(
      fc.asyncProperty(fuzzInput, input => fuzzer.tryInput(input)),
      {
        seed,
        numRuns: runs,
        examples: onceFound,
        path: EKS_POD_IDENTITY_FUZZ_PATH,
        // Shrinking takes hundreds of inputs; the path of one input asks for it
        endOnFailure: isWhole,
      },
    );
    // `npm test` shows the lines of tables
    process.stdout.write(`\n${tableOf(databaseId, fuzzer)}\n`);
    if (outcome.failed) throw new Error(failureOf(outcome, fuzzer));
    const untried = [...operationIds, ...ACTIONS].filter(
      what => !fuzzer.seen.has(what),
    );
    expect(isWhole ? untried : []).toEqual([]);
  });
});
