import { renderTeardownMarkdown } from './teardownSummary';

const ref = {
  cluster: 'prod',
  namespace: 'payments',
  serviceAccount: 'api',
};

describe('what a teardown did, as Markdown', () => {
  it('lets no text of a record, of AWS or of a cluster become markup', () => {
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
      'Taken away from `prod/payments/api`:',
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
