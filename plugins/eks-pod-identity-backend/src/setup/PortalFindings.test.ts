import { mockServices } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { PortalFindings, type PortalFindingsOptions } from './PortalFindings';

const OWN = 'https://portal.example.com/aws-identities/checks';

/** What the check says of the page that findings link to. */
async function docsFinding(
  docsUrl: string | undefined,
  appBaseUrl = 'https://portal.example.com',
) {
  const findings = new PortalFindings({
    auth: mockServices.auth(),
    catalog: catalogServiceMock(),
    clusters: { list: () => [] },
    config: { administrators: [], appBaseUrl, docsUrl },
    docsUrl: docsUrl ?? OWN,
    instance: { getInstalledPlugins: async () => [] },
    rootConfig: mockServices.rootConfig(),
  } as unknown as PortalFindingsOptions);
  return (await findings.all()).find(({ id }) => id === 'docs');
}

describe('what the setup check says of docsUrl', () => {
  it.each([
    ['https://docs.example.com/checks#rules', 'no link finds its heading'],
    ['http://localhost:8000/checks', "each reader's own computer"],
  ])('%s is a gap', async (docsUrl, said) => {
    expect(await docsFinding(docsUrl)).toMatchObject({
      status: 'fail',
      message: expect.stringContaining(said),
    });
  });

  it.each([
    [undefined, `Findings link to ${OWN}. Open it once`],
    [
      'https://docs.example.com/checks',
      'It needs the headings of docs/checks.md.',
    ],
  ])('%s is not ticked without a look', async (docsUrl, said) => {
    expect(await docsFinding(docsUrl)).toMatchObject({
      status: 'unknown',
      url: docsUrl ?? OWN,
      message: expect.stringContaining(said),
    });
  });

  it('a page on localhost suits a portal there', async () => {
    expect(
      await docsFinding(
        'http://localhost:8000/checks',
        'http://localhost:3000',
      ),
    ).toMatchObject({ status: 'unknown' });
  });
});
