import {
  PodIdentityClient,
  type EntityIdentities,
} from 'backstage-plugin-eks-pod-identity-common';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { fixtures } from '../../../dev/fixtures';
import { historyOf, reportOf } from '../../../dev/reports';
import { verified } from '../../../dev/identities';
import { byStatus } from '../../../dev/statuses';
import { timeline } from '../../../dev/timelines';
import { refusal, type World } from '../../../dev/world';
import { address, renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { IdentityTab } from './IdentityTab';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service' },
};

function answerOf(id: string): EntityIdentities {
  const fixture = fixtures.find(each => each.id === id)!;
  if (!('answer' in fixture)) throw new Error(`${id} has no answer`);
  return fixture.answer;
}

const show = (world: World, search = '') =>
  renderOnWorld(
    <EntityProvider entity={entity}>
      <IdentityTab entity={entity} />
    </EntityProvider>,
    world,
    search,
  );

const broken = refusal(500, 'Error', 'The database does not answer.');
const runs = () =>
  within(
    screen.getByRole('list', { name: 'Past runs, newest first' }),
  ).getAllByRole('button', { pressed: undefined });

/** The service account in the picture of the path. */
const account = () =>
  screen
    .getByRole('list', { name: /^Path of the credentials/ })
    .querySelector('[data-hop="service-account"]')?.lastElementChild
    ?.textContent;

describe('what the role may do', () => {
  const permissions = {
    roleArn: 'arn:aws:iam::111122223333:role/payments-api',
    policies: [
      {
        name: 'read-receipts',
        arn: 'arn:aws:iam::111122223333:policy/read-receipts',
        lines: [
          {
            effect: 'allow' as const,
            text: 'reads objects of acme-payments-receipts',
            conditions: ['aws:SourceVpce is vpce-1', 'x is y'],
          },
          {
            effect: 'deny' as const,
            text: 'deletes objects of every bucket',
            conditions: [],
          },
        ],
        document: { Statement: [] },
      },
      { name: 'hidden', unread: 'AWS does not let the portal read it.' },
    ],
    boundaryArn: 'arn:aws:iam::111122223333:policy/team/boundary',
    readAt: '2026-11-26T10:00:00.000Z',
  };

  it('is read when it is opened, and said in words', async () => {
    const asked = show({ entity: answerOf('verified'), permissions });
    const title = await screen.findByText('What the role may do');
    const reads = () =>
      asked.filter(({ pathname }) => pathname.endsWith('/permissions'));
    expect(reads()).toEqual([]);
    await userEvent.click(title);
    const lines = await screen.findAllByText(/objects of/);
    expect(lines.map(line => line.closest('li')!.textContent)).toEqual([
      'reads objects of acme-payments-receiptsonly if aws:SourceVpce is vpce-1, and x is y',
      'Never: deletes objects of every bucket',
    ]);
    expect(
      screen.getByText(/AWS does not let the portal read it/),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/The permissions boundary boundary limits all/),
    ).toBeInTheDocument();
    await userEvent.click(title);
    await userEvent.click(title);
    expect(reads()).toHaveLength(1);
  });

  it('is not offered to those who are not allowed to verify', async () => {
    const { identities, ...answer } = answerOf('verified');
    const [identity] = identities;
    const can = { ...identity.can, verify: false };
    show({
      entity: { ...answer, identities: [{ ...identity, can }] },
      permissions,
    });
    await screen.findByRole('list', { name: /^Path of the credentials/ });
    expect(screen.queryByText('What the role may do')).not.toBeInTheDocument();
  });
});

/** A run that can be started or joined, and ends on request. */
function stubRun() {
  let end = () => {};
  const ended = new Promise<void>(resolve => {
    end = resolve;
  });
  jest
    .spyOn(PodIdentityClient.prototype, 'startOperation')
    .mockResolvedValue({ id: 'op-1' } as any);
  jest
    .spyOn(PodIdentityClient.prototype, 'followOperation')
    .mockImplementation(async function* follow() {
      await ended;
    });
  return { end };
}

/** The data of the backend, which can change while the page is shown. */
function changing(id: string) {
  const answer = structuredClone(answerOf(id));
  return {
    answer,
    change: (
      serviceAccount: string,
      news: Partial<EntityIdentities['identities'][number]>,
    ) =>
      answer.identities
        .filter(({ ref }) => ref.serviceAccount === serviceAccount)
        .forEach(identity => Object.assign(identity, news)),
  };
}

describe('IdentityTab', () => {
  afterEach(() => jest.restoreAllMocks());

  it('shows the resources that the component reaches, not the identity that it reaches them by', async () => {
    const dependingOn = (...targetRefs: string[]) => ({
      ...entity,
      relations: targetRefs.map(targetRef => ({
        type: 'dependsOn',
        targetRef,
      })),
    });
    const using = dependingOn(
      'resource:default/receipts-bucket',
      'resource:aws-identities/payments-prod.payments.payments-api',
    );
    renderOnWorld(
      <EntityProvider entity={using}>
        <IdentityTab entity={using} />
      </EntityProvider>,
      { entity: answerOf('broken'), reports: historyOf('broken', 1) },
    );
    const path = await screen.findByRole('list', {
      name: /^Path of the credentials/,
    });
    expect(
      await within(path).findByText('receipts-bucket'),
    ).toBeInTheDocument();
    expect(within(path).queryByText(/payments-prod\./)).toBeNull();
  });

  it('shows the identity, its past runs and the newest report', async () => {
    const asked = show({
      entity: answerOf('broken'),
      reports: historyOf('broken', 5),
    });
    expect(
      await screen.findByRole('region', { name: 'Likely root cause' }),
    ).toBeInTheDocument();
    expect(screen.getByText(/^checked 3 minutes ago/)).toBeInTheDocument();
    const path = screen.getByRole('list', { name: /^Path of the credentials/ });
    expect(within(path).getByText('account 111122223333')).toBeInTheDocument();
    expect(
      within(path).getByRole('button', { name: 'Copy Role' }),
    ).toBeInTheDocument();
    expect(runs()).toHaveLength(5);
    expect(runs()[0]).toHaveAttribute('aria-pressed', 'true');
    expect(
      screen.queryByText(/This is an older report/),
    ).not.toBeInTheDocument();
    expect(asked.map(url => url.pathname)).toEqual([
      '/v1/entities/component/default/payments-api',
      '/v1/service-accounts/payments-prod/payments/payments-api/use',
      '/v1/service-accounts/payments-prod/payments/payments-api/reports',
      '/v1/reports/run-0',
    ]);
  });

  it('keeps showing the identity even if another one becomes the worst', async () => {
    const { answer, change } = changing('several');
    const run = stubRun();
    show({ entity: answer, reports: historyOf('broken', 3) });
    await screen.findByRole('region', { name: 'Likely root cause' });
    const shown = 'payments-prod/payments/payments-api';
    expect(account()).toBe('payments/payments-api');
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    change('payments-api', {
      status: 'looks-right',
      sentence: 'It works again.',
    });
    run.end();
    expect(
      (await screen.findAllByText('It works again.', { exact: false })).length,
    ).toBeGreaterThan(0);
    expect(account()).toBe('payments/payments-api');
    await userEvent.click(runs()[1]);
    expect(address()).toEqual({ ref: shown, report: 'run-1' });
  });

  it('shows the worst of the remaining identities when its identity is removed', async () => {
    const { answer } = changing('several');
    const run = stubRun();
    show({ entity: answer, reports: historyOf('broken', 3) });
    await screen.findByRole('region', { name: 'Likely root cause' });
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    answer.identities.shift();
    run.end();
    await waitFor(() => expect(account()).toBe('payments/payments-worker'));
  });

  it('shows at once that a verification that was started here is running', async () => {
    const { answer, change } = changing('broken');
    stubRun();
    show({ entity: answer, reports: historyOf('broken', 3) });
    await screen.findByRole('region', { name: 'Likely root cause' });
    change('payments-api', { verifying: { operationId: 'op-1', mine: true } });
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    expect(await screen.findByText('Testing…')).toBeInTheDocument();
  });

  it('verifies again at the end of the fix, and moves the focus to the progress', async () => {
    const run = stubRun();
    const { startOperation } = PodIdentityClient.prototype;
    show({ entity: answerOf('broken'), reports: historyOf('broken', 1) });
    const again = await screen.findByRole('button', {
      name: 'Done? Verify again',
    });
    await userEvent.click(again);
    expect(startOperation).toHaveBeenCalledTimes(1);
    expect(again).not.toBeInTheDocument();
    const cancel = screen.getByRole('button', { name: 'Cancel' });
    expect(document.activeElement).toContainElement(cancel);
    expect(document.body).not.toHaveFocus();
    run.end();
    expect(
      await screen.findByRole('button', { name: 'Done? Verify again' }),
    ).toBeInTheDocument();
  });

  it('has a timeline recorded when asked, and shows it with its report', async () => {
    const run = stubRun();
    const { startOperation } = PodIdentityClient.prototype;
    const reports = [reportOf('verified', { timelineOf: 'op-1' })];
    show({ entity: answerOf('verified'), reports, timeline });
    await screen.findByText('23 passed');
    await userEvent.click(
      screen.getByRole('checkbox', { name: 'Record API calls' }),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    expect(startOperation).toHaveBeenCalledWith(
      expect.objectContaining({ kind: 'verify' }),
      expect.objectContaining({ timeline: true }),
    );
    run.end();
    await userEvent.click(screen.getByText('Timeline', { selector: 'h3' }));
    expect(await screen.findByRole('table')).toBeInTheDocument();
  });

  it('offers a pod in each node group where the pods run in others than the one of the proof', async () => {
    const run = stubRun();
    const { startOperation } = PodIdentityClient.prototype;
    const all = reportOf('verified');
    const checks = all.checks.map(check =>
      check.id === 'credentials.agent-answers'
        ? { ...check, counts: { what: 'nodes' as const, all: 2, groups: 1 } }
        : check,
    );
    const reports = [{ ...all, checks }];
    show({ entity: answerOf('verified'), reports });
    await screen.findByText('23 passed');
    await userEvent.click(
      screen.getByRole('checkbox', { name: 'Run a pod in each node group' }),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    expect(startOperation).toHaveBeenCalledWith(
      {
        kind: 'verify',
        input: expect.objectContaining({ perNodeGroup: true }),
      },
      expect.anything(),
    );
    run.end();
  });

  it('offers no pod in each node group where nothing is left to prove there', async () => {
    show({ entity: answerOf('verified'), reports: historyOf('verified', 1) });
    await screen.findByText('23 passed');
    expect(
      screen.getByRole('checkbox', { name: 'Record API calls' }),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole('checkbox', { name: /node group/ }),
    ).not.toBeInTheDocument();
  });

  it('shows no timeline where none was recorded', async () => {
    show({ entity: answerOf('verified'), reports: historyOf('verified', 1) });
    await screen.findByText('23 passed');
    expect(
      screen.queryByText('Timeline', { selector: 'h3' }),
    ).not.toBeInTheDocument();
  });

  it('shows the report of a run that was started here; “Back” skips it', async () => {
    const run = stubRun();
    const reports = historyOf('verified', 5);
    show({ entity: answerOf('verified'), reports });
    await screen.findByText('23 passed');
    await userEvent.click(runs()[3]);
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show the newest' }),
    );
    await userEvent.click(runs()[2]);
    expect(address()).toEqual({ report: 'run-2' });
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    reports.unshift({ ...reports[0], id: 'run-new' });
    run.end();
    await waitFor(() => expect(runs()).toHaveLength(6));
    expect(runs()[0]).toHaveAttribute('aria-pressed', 'true');
    expect(address()).toEqual({});
    await userEvent.click(screen.getByText('Go back in the browser'));
    expect(address()).toEqual({});
    await userEvent.click(screen.getByText('Go back in the browser'));
    expect(address()).toEqual({ report: 'run-3' });
  });

  it('adds no step to “Back” if the newest is shown already', async () => {
    const run = stubRun();
    const reports = historyOf('verified', 5);
    show({ entity: answerOf('verified'), reports });
    await screen.findByText('23 passed');
    await userEvent.click(runs()[3]);
    await userEvent.click(runs()[0]);
    await userEvent.click(runs()[0]);
    await userEvent.click(screen.getByRole('button', { name: 'Verify now' }));
    reports.unshift({ ...reports[0], id: 'run-new' });
    run.end();
    await waitFor(() => expect(runs()).toHaveLength(6));
    await userEvent.click(screen.getByText('Go back in the browser'));
    expect(address()).toEqual({ report: 'run-3' });
  });

  it('keeps showing the chosen report when a run of another user ends', async () => {
    const { answer, change } = changing('verified');
    change('payments-api', { verifying: { operationId: 'op-2', mine: false } });
    const run = stubRun();
    const reports = historyOf('verified', 5);
    show({ entity: answer, reports }, '?report=run-2');
    await screen.findByText(/This is an older report/);
    change('payments-api', { verifying: undefined });
    reports.unshift({ ...reports[0], id: 'run-new' });
    run.end();
    await waitFor(() => expect(runs()).toHaveLength(6));
    expect(address()).toEqual({ report: 'run-2' });
    expect(screen.getByText(/This is an older report/)).toBeInTheDocument();
  });

  it('shows an older run and goes back; the address names it', async () => {
    show({ entity: answerOf('verified'), reports: historyOf('verified', 9) });
    await screen.findByText('23 passed');
    await userEvent.click(runs()[7]);
    expect(
      await screen.findByText(/This is an older report/),
    ).toBeInTheDocument();
    expect(address()).toEqual({ report: 'run-7' });
    expect(
      screen.getByRole('region', { name: 'Likely root cause' }),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByText('Go back in the browser'));
    await waitFor(() =>
      expect(screen.queryByText(/This is an older report/)).toBeNull(),
    );
    expect(await screen.findByText('23 passed')).toBeInTheDocument();
    expect(address()).toEqual({});
  });

  it('loads older runs on request', async () => {
    show({ entity: answerOf('verified'), reports: historyOf('verified', 34) });
    await screen.findByText('23 passed');
    const olderButton = screen.getByRole('button', { name: 'Older runs' });
    expect(runs()).toHaveLength(21);
    await userEvent.click(olderButton);
    await waitFor(() => expect(runs()).toHaveLength(34));
    expect(olderButton).not.toBeInTheDocument();
  });

  it('says why a bundle is refused, and saves one that is not', async () => {
    const answer = jest
      .spyOn(PodIdentityClient.prototype, 'getReportBundle')
      .mockRejectedValueOnce(new Error('Only an administrator downloads it'))
      .mockResolvedValueOnce('{}');
    const links: string[] = [];
    jest
      .spyOn(HTMLAnchorElement.prototype, 'click')
      .mockImplementation(function click(this: HTMLAnchorElement) {
        links.push(this.download);
      });
    URL.createObjectURL = () => 'blob:bundle';
    URL.revokeObjectURL = () => {};
    await show({ entity: answerOf('broken'), reports: historyOf('broken', 1) });
    const button = await screen.findByRole('button', {
      name: 'Download for support',
    });
    await userEvent.click(button);
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Only an administrator downloads it',
    );
    await userEvent.click(button);
    await waitFor(() => expect(links).toHaveLength(1));
    expect(links[0]).toBe(`eks-pod-identity-${answer.mock.calls[1][0]}.json`);
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('says why older runs could not be loaded, and retries', async () => {
    let failing = true;
    show({
      entity: answerOf('verified'),
      reports: historyOf('verified', 34),
      beforeAnswer: url =>
        failing && url.searchParams.has('cursor') ? broken : undefined,
    });
    await screen.findByText('23 passed');
    const button = screen.getByRole('button', { name: 'Older runs' });
    await userEvent.click(button);
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent('Older runs could not be loaded.');
    expect(alert).toHaveTextContent('The database does not answer.');
    expect(button).toHaveTextContent('Try again');
    expect(button).toHaveFocus();
    failing = false;
    await userEvent.click(button);
    await waitFor(() => expect(runs()).toHaveLength(34));
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });

  it('says that a report is not available, and links to the newest', async () => {
    show(
      { entity: answerOf('verified'), reports: historyOf('verified', 3) },
      '?report=run-99',
    );
    expect(
      await screen.findByText('This report is not available.'),
    ).toBeInTheDocument();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show the newest' }),
    );
    expect(await screen.findByText('23 passed')).toBeInTheDocument();
    expect(address()).toEqual({});
  });

  it('shows no report of another identity, even if the address names it', async () => {
    const foreign = historyOf('broken', 1)[0];
    show(
      {
        entity: answerOf('verified'),
        reports: [
          ...historyOf('verified', 1),
          {
            ...foreign,
            id: 'foreign',
            ref: { ...foreign.ref, serviceAccount: 'other' },
          },
        ],
      },
      '?report=foreign',
    );
    expect(
      await screen.findByText('This report is not available.'),
    ).toBeInTheDocument();
    expect(screen.getByText(/belongs to another identity/)).toBeInTheDocument();
    expect(
      screen.queryByRole('region', { name: 'Likely root cause' }),
    ).not.toBeInTheDocument();
  });

  it('says how to get a first report', async () => {
    show({ entity: answerOf('unseen'), reports: [] });
    expect(
      await screen.findByText('There is no report yet.'),
    ).toBeInTheDocument();
    expect(
      screen.getByText(/“Verify now” runs a short-lived/),
    ).toBeInTheDocument();
    expect(screen.queryByText('Past runs')).not.toBeInTheDocument();
  });

  it('keeps the identity on the page when its reports cannot be read', async () => {
    const asked = show({ entity: answerOf('verified'), reports: broken });
    expect(
      await screen.findByText('The reports could not be loaded.'),
    ).toBeInTheDocument();
    expect(screen.getByText('Verified')).toBeInTheDocument();
    const before = asked.length;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(asked.length).toBeGreaterThan(before));
  });

  it('removes the error after a successful retry', async () => {
    let failing = true;
    show({
      entity: answerOf('verified'),
      reports: historyOf('verified', 2),
      beforeAnswer: url =>
        failing && url.pathname.endsWith('/reports') ? broken : undefined,
    });
    await screen.findByText('The reports could not be loaded.');
    failing = false;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('23 passed')).toBeInTheDocument();
    expect(
      screen.queryByText('The reports could not be loaded.'),
    ).not.toBeInTheDocument();
  });

  it('shows the identity that the address names, else the worst', async () => {
    show(
      { entity: answerOf('several'), reports: [reportOf('verified')] },
      '?ref=payments-prod/payments/payments-batch-3',
    );
    expect(
      await screen.findByText('payments/payments-batch-3'),
    ).toBeInTheDocument();
    expect(
      screen.getByText(
        'There are 2 more identities that you are not allowed to see.',
      ),
    ).toBeInTheDocument();
  });

  it('shows a verified one before one that could not be checked, but was proven before', async () => {
    const { answer } = changing('several');
    const [unknown, good] = [byStatus['could-not-check'], verified];
    const other = { ...good.ref, serviceAccount: 'payments-worker' };
    answer.identities = [unknown, { ...good, ref: other }];
    show({ entity: answer, reports: [reportOf('verified')] });
    await screen.findByRole('list', { name: /^Path of the credentials/ });
    expect(account()).toBe('payments/payments-worker');
  });

  it('says so if the address names an identity that does not exist', async () => {
    show(
      { entity: answerOf('verified'), reports: [] },
      '?ref=payments-prod/payments/other',
    );
    expect(
      await screen.findByText(
        /has no identity payments-prod\/payments\/other that you may see/,
      ),
    ).toBeInTheDocument();
    expect(screen.getByText('Verified')).toBeInTheDocument();
    expect(screen.getByText(/another identity is shown/)).toBeInTheDocument();
  });

  it('does not mention another identity if there is none', async () => {
    show({ entity: answerOf('none') }, '?ref=payments-prod/payments/other');
    expect(
      await screen.findByText(
        'This component has no identity payments-prod/payments/other that you may see.',
      ),
    ).toBeInTheDocument();
    expect(screen.queryByText(/another identity is shown/)).toBeNull();
  });

  it('links to the template if there is no identity', async () => {
    show({ entity: answerOf('none') });
    const give = await screen.findByRole('link', { name: 'Set up AWS access' });
    const href = new URL(give.getAttribute('href')!, 'http://portal');
    expect(href.pathname).toBe(
      '/create/templates/default/give-a-component-an-aws-identity',
    );
    expect(JSON.parse(href.searchParams.get('formData')!)).toEqual({
      entityRef: 'component:default/payments-api',
    });
  });

  it.each<[string, World['entity'], string]>([
    ['an error', broken, 'The database does not answer.'],
    [
      'no permission',
      refusal(403, 'NotAllowedError', 'Unauthorized'),
      'You are not allowed to see this AWS identity.',
    ],
    [
      'an unknown entity',
      refusal(404, 'NotFoundError', 'No entity'),
      'This component is no longer in the catalog.',
    ],
    [
      'no backend',
      { status: 404 },
      'The AWS identity backend is not installed.',
    ],
  ])('has a sentence for %s', async (_, answer, text) => {
    show({ entity: answer });
    expect(await screen.findByText(text)).toBeInTheDocument();
    expect(
      screen.queryByLabelText('Loading the AWS identity'),
    ).not.toBeInTheDocument();
  });

  it('copies the report as JSON', async () => {
    const user = userEvent.setup();
    const written = jest.spyOn(navigator.clipboard, 'writeText');
    const [report] = historyOf('partly-works', 1);
    show({ entity: answerOf('partly-works'), reports: [report] });
    await user.click(
      await screen.findByRole('button', { name: 'Copy as JSON' }),
    );
    expect(await screen.findByRole('button', { name: 'Copied' })).toBeVisible();
    expect(JSON.parse(written.mock.calls[0][0])).toEqual(report);
  });
});
