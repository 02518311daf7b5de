import { Pipeline } from './__testUtils__/pipelines';

describe('the action of GitHub', () => {
  const pipeline = new Pipeline(() => ({}));
  afterAll(() => pipeline.end());

  it.each([
    ['by default', {}, ['--report=junit=eks-pod-identity.xml']],
    ['where it is named', { junit: 'a b.xml' }, ['--report=junit=a b.xml']],
    ['not where it is empty', { junit: '' }, []],
  ])('writes a report of JUnit %s', async (_, inputs, reports) => {
    pipeline.program(
      'eks-pod-identity',
      '#!/bin/sh\nprintf "%s\\n" "$@" > arguments.txt\n',
    );
    const step = await pipeline.github({ ...inputs, version: '' });
    expect(step).toMatchObject({ code: 0, stderr: '' });
    const given = step.file('arguments.txt')!.split('\n');
    expect(given).toContainEqual(expect.stringMatching(/^--report=markdown=/));
    expect(given.filter(one => one.startsWith('--report=junit'))).toEqual(
      reports,
    );
  });
});
