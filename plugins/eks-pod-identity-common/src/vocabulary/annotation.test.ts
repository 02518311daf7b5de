import { parsePodIdentityAnnotation } from './annotation';

describe('parsePodIdentityAnnotation', () => {
  it('reads several references and drops duplicates and blanks', () => {
    expect(
      parsePodIdentityAnnotation(
        'prod/payments/api, prod/payments/worker,, prod/payments/api',
      ),
    ).toEqual({
      refs: [
        { cluster: 'prod', namespace: 'payments', serviceAccount: 'api' },
        { cluster: 'prod', namespace: 'payments', serviceAccount: 'worker' },
      ],
      problems: [],
    });
  });

  it('keeps the good parts beside a broken one', () => {
    const parsed = parsePodIdentityAnnotation('prod/payments/api, oops');
    expect(parsed.refs).toHaveLength(1);
    expect(parsed.problems).toEqual([
      '"oops" is not a service account reference: write it as <cluster>/<namespace>/<serviceaccount>',
    ]);
  });

  it('reads nothing of a value that is too long', () => {
    const ref = 'prod/payments/api,';
    const longest = ref.repeat(910).padEnd(16_384, ' ');
    expect(parsePodIdentityAnnotation(longest)).toMatchObject({
      refs: [{ serviceAccount: 'api' }],
      problems: [],
    });
    expect(parsePodIdentityAnnotation(`${longest} `)).toEqual({
      refs: [],
      problems: [
        'The annotation aws.amazon.com/eks-pod-identity has 16385 characters, and at most 16384 are allowed, so the portal ignores it',
      ],
    });
  });

  it('reads a hundred parts and tells of ten problems', () => {
    const parts = (count: number, of: (index: number) => string) =>
      parsePodIdentityAnnotation(
        Array.from({ length: count }, (_, index) => of(index)).join(),
      );
    const { refs, problems } = parts(
      101,
      index => `prod/payments/api-${index}`,
    );
    expect(refs).toHaveLength(100);
    expect(problems).toEqual(['Only the first 100 of 101 references are read']);
    expect(parts(10, index => `x${index}`).problems).toHaveLength(10);
    expect(parts(2_000, index => `x${index}`).problems.slice(9)).toEqual([
      expect.stringMatching(/^"x9" is not/),
      '90 more parts are not service account references',
      'Only the first 100 of 2000 references are read',
    ]);
  });

  it('cuts what it quotes', () => {
    const [problem] = parsePodIdentityAnnotation('x'.repeat(16_000)).problems;
    expect(problem).toHaveLength(
      402 +
        ' is not a service account reference: write it as <cluster>/<namespace>/<serviceaccount>'
          .length +
        1,
    );
  });

  it('is empty without a value', () => {
    expect(parsePodIdentityAnnotation(undefined)).toEqual({
      refs: [],
      problems: [],
    });
  });
});
