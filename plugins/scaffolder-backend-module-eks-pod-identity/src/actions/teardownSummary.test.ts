import { renderTeardownMarkdown } from './teardownSummary';

const ref = {
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};

describe('the outcome of a teardown as Markdown', () => {
  it('escapes markup in names and reasons from AWS, Kubernetes and records', () => {
    const text = renderTeardownMarkdown({
      ref,
      applied: true,
      removed: [{ kind: 'role', name: 'a`b\n\n<i>' }],
      kept: [
        {
          kind: 'association',
          name: 'a-1',
          reason: 'made by task [x](https://evil)\n\n<img src=x>',
        },
      ],
      affectedWorkloads: [{ kind: 'Deployment', name: 'api', pods: 1 }],
      warnings: ['see **this**\n# Heading'],
    });
    expect(text.split('\n')).toEqual([
      'Removed from `prod/payments/api`:',
      '',
      "- role `a'b <i>`",
      '',
      'Kept:',
      '',
      '- association `a-1`: made by task \\[x\\](https://evil) \\<img src=x\\>',
      '',
      'Lost access:',
      '',
      '- Deployment `api` (1 running pod)',
      '',
      '> see \\*\\*this\\*\\* # Heading',
    ]);
  });
});
