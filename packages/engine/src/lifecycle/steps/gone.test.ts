import { isGone } from './gone';
import { otherTask } from './otherTask';

const awsError = (name: string, status: number) =>
  Object.assign(new Error('x'), {
    name,
    $fault: 'client',
    $metadata: { httpStatusCode: status },
  });
const notFound = awsError('NoSuchEntityException', 404);
const denied = awsError('AccessDeniedException', 403);

describe('a removal that failed', () => {
  it.each<[string, Error, () => Promise<boolean>, boolean]>([
    [
      'had nothing left to remove where AWS does not find it',
      notFound,
      async () => true,
      true,
    ],
    [
      'had nothing left to remove where AWS denies it, and it is not there',
      denied,
      async () => false,
      true,
    ],
    ['is denied where it is still there', denied, async () => true, false],
    [
      'is denied where it cannot be read either',
      denied,
      () => Promise.reject(new Error('denied too')),
      false,
    ],
    [
      'failed for another reason, whatever is there',
      awsError('DeleteConflictException', 409),
      async () => false,
      false,
    ],
  ])('%s', async (_, error, isThere, gone) => {
    expect(await isGone(error, isThere)).toBe(gone);
  });
});

describe('a rollback of one task', () => {
  it.each<[string, ...(string | undefined)[]]>([
    ['removes all where no task is named', 't1', undefined, undefined],
    ['removes what it made', 'a*b', 'a*b', undefined],
    ['removes what has its id as a tag can hold it', 'a_b', 'a*b', undefined],
    [
      'leaves what another made',
      't2',
      't1',
      'it was made by task t2, not by t1',
    ],
    [
      'leaves what has no mark of a task',
      undefined,
      't1',
      'it was made by no task, not by t1',
    ],
  ])('%s', (_, taskId, createdByTask, why) => {
    expect(otherTask(taskId, createdByTask)).toBe(why);
  });
});
