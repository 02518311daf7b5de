import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import {
  ACCESS_VERDICTS,
  type EntityIdentities,
} from 'backstage-plugin-eks-pod-identity-common';
import { entityAccess, entityNodeUse } from '../../../dev/entityAccess';
import { fixtures } from '../../../dev/fixtures';
import { renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { IdentityTab } from '../Tab';
import { IdentityCard } from './IdentityCard';

const entity = {
  apiVersion: 'backstage.io/v1alpha1',
  kind: 'Component',
  metadata: { name: 'payments-api', namespace: 'default' },
  spec: { type: 'service' },
};

const answerOf = (id: string) =>
  (fixtures.find(each => each.id === id) as { answer: EntityIdentities })
    .answer;

const WITHOUT = 'This component is set up for AWS without EKS Pod Identity.';
const NONE = 'This component has no AWS identity.';

async function show(
  id: string,
  more: Partial<EntityIdentities> = {},
  Page: typeof IdentityCard = IdentityCard,
) {
  renderOnWorld(<Page entity={entity} />, {
    entity: { ...answerOf(id), ...more },
    reports: [],
  });
  await waitFor(() =>
    expect(screen.queryByLabelText('Loading the AWS identity')).toBeNull(),
  );
}

/** What stands beside a label. */
const beside = (label: string) =>
  screen.getByText(label, { selector: 'dt' }).nextElementSibling!;

const link = () => screen.getByRole('link', { name: 'In All AWS access' });

describe('a claimed service account that goes by IRSA', () => {
  it('has its role, who else gets it, SDKs, last use and verdict below its sentence', async () => {
    await show('uses-irsa');
    expect(
      screen.getByText(/^Pods get role invoice-archiver by IRSA/),
    ).toBeInTheDocument();
    expect(screen.getByText('Needs its owner')).toBeInTheDocument();
    expect(
      screen.getByText(/^Ready to move once the trust policy of role/),
    ).toBeInTheDocument();
    expect(beside('Role')).toHaveTextContent(
      'invoice-archiveraccount 111122223333Made by CloudFormation, by its tags.',
    );
    expect(
      within(beside('Also lets in') as HTMLElement)
        .getAllByRole('listitem')
        .map(item => item.textContent),
    ).toEqual([
      'service account payments/worker',
      'service accounts like tenant-*/app, of another cluster',
      '25 more',
    ]);
    expect(beside('SDK')).toHaveTextContent(
      'boto3 1.35.10 AWS SDK for Java 2 2.21.30',
    );
    expect(beside('Last use')).toHaveTextContent(/minutes agoby IRSA$/);
    expect(link()).toHaveAttribute(
      'href',
      '/aws-identities/access?cluster=payments-prod&q=payments%2Fpayments-api',
    );
    // Its status says so, and no other service account is meant
    expect(screen.getAllByText('Uses IRSA')).toHaveLength(1);
    expect(screen.queryByText(/without EKS Pod Identity/)).toBeNull();
  });

  it('has nothing there where all AWS access is not known', async () => {
    await show('uses-irsa', { access: undefined });
    expect(screen.getByText(/^Pods get role/)).toBeInTheDocument();
    expect(screen.queryByText('Needs its owner')).toBeNull();
    expect(screen.queryByText('Also lets in')).toBeNull();
  });

  it('is on the tab as well', async () => {
    await show('uses-irsa', {}, IdentityTab);
    expect(beside('Also lets in')).toHaveTextContent('payments/worker');
  });
});

describe('a claimed service account without an identity', () => {
  it('says by what it gets to AWS, and what else the component uses', async () => {
    await show('access-claimed-keys');
    expect(screen.getByText('Uses access keys')).toBeInTheDocument();
    expect(
      screen.getByText(
        'Another service account of this component is set up for AWS without EKS Pod Identity.',
      ),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: /fraud-scorer.*Uses IRSA/ }),
    ).toHaveAttribute('aria-expanded', 'false');
    expect(screen.queryByText(NONE)).toBeNull();
  });
});

describe('a component without any identity', () => {
  it('shows by what it gets to AWS, and by what that is linked to it', async () => {
    await show('access-ready');
    expect(screen.getByText(WITHOUT)).toBeInTheDocument();
    expect(screen.queryByText(NONE)).toBeNull();
    expect(screen.getByText('payments/payments-api')).toHaveTextContent(
      'Payments (production)',
    );
    expect(
      screen.getByText('Its namespace payments is that of this component.'),
    ).toBeInTheDocument();
    expect(screen.getByText('Uses IRSA')).toHaveAttribute('data-tone', 'info');
    expect(screen.getByText('Ready')).toBeInTheDocument();
    expect(beside('Also lets in')).toHaveTextContent('no one else');
    expect(
      screen.getByRole('link', { name: 'Set up AWS access' }),
    ).toBeInTheDocument();
  });

  it.each([
    ['annotation', 'The annotation of this component names it.'],
    ['tag', 'A tag in AWS names this component.'],
  ] as const)('says that it is linked by %s', async (linkedBy, sentence) => {
    await show('none', {
      access: [entityAccess('ready', undefined, linkedBy)],
    });
    expect(screen.getByText(sentence)).toBeInTheDocument();
  });

  it('plans the move of one that could be moved, once that is asked for', async () => {
    await show('access-ready');
    expect(screen.queryByText('The way back')).not.toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Plan the move' }),
    );
    expect(await screen.findByText('The way back')).toBeInTheDocument();
  });

  it('shows a broken one in the colour of a fault', async () => {
    await show('access-broken');
    expect(screen.getByText('Uses IRSA')).toHaveAttribute(
      'data-tone',
      'danger',
    );
    expect(screen.getByText('Broken today')).toHaveAttribute(
      'data-tone',
      'danger',
    );
    expect(beside('Role')).toHaveTextContent('It does not exist.');
    expect(screen.queryByText('Also lets in')).toBeNull();
    expect(beside('Last use')).toHaveTextContent('refused by AWS');
  });

  it('says in one line that names are left out, and who may see them', async () => {
    await show('access-withheld');
    expect(
      screen.getByText(ACCESS_VERDICTS['needs-owner'].meaning),
    ).toBeInTheDocument();
    expect(
      screen.getAllByText(/^You are not allowed to see its role\. Admin/),
    ).toHaveLength(1);
    for (const label of ['Role', 'Also lets in', 'SDK']) {
      expect(screen.queryByText(label, { selector: 'dt' })).toBeNull();
    }
    expect(beside('Last use')).toHaveTextContent('minutes ago');
    expect(document.body).not.toHaveTextContent('invoice-archiver');
  });

  it('lists several, each with its sentence, and opens one', async () => {
    const user = userEvent.setup();
    await show('access-several');
    const lines = screen.getAllByRole('button', { expanded: false });
    expect(lines).toHaveLength(5);
    expect(lines[0]).toHaveTextContent(
      /payments-mailer.*Uses IRSA.*does not exist/,
    );
    await user.click(lines[1]);
    expect(beside('SDK')).toHaveTextContent('boto3 1.28.0 too old');
    expect(
      screen.getByText('Its namespace payments is that of this component.'),
    ).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: '1 more' }));
    expect(
      screen.getByRole('button', { name: /legacy-reporting.*Uses kube2iam/ }),
    ).toBeInTheDocument();
  });

  it('has its empty state where nothing is known', async () => {
    await show('none');
    expect(screen.getByText(NONE)).toBeInTheDocument();
    expect(screen.queryByText(WITHOUT)).toBeNull();
  });

  it('is shown the same on the tab, with how to get an identity', async () => {
    await show('access-ready', {}, IdentityTab);
    expect(screen.getByText(WITHOUT)).toBeInTheDocument();
    expect(screen.queryByText(NONE)).toBeNull();
    expect(
      screen.getByText('This component has no EKS Pod Identity.'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Set up AWS access' }),
    ).toBeInTheDocument();
  });

  it('is shown beside an annotation that cannot be read', async () => {
    await show('malformed', { access: [entityAccess('ready')] });
    expect(screen.getByText(/cannot be read/)).toBeInTheDocument();
    expect(screen.getByText(WITHOUT)).toBeInTheDocument();
  });
});

describe('pods that may use the role of their node', () => {
  const BADGE = 'May use the role of its node';

  it.each([
    ['card', IdentityCard, false],
    ['tab', IdentityTab, true],
  ] as const)(
    'are said on the %s to be what may be meant, with nothing else there',
    async (_, Page, isTab) => {
      await show('access-as-node', {}, Page as typeof IdentityCard);
      expect(screen.getByText(BADGE)).toBeInTheDocument();
      expect(
        screen.getByText(
          '6 pods of Deployment invoices, CronJob dunning, Job report and 2 more have no AWS identity of their own and run on nodes from which a program called AWS with the role of the node. AWS does not record which pod it was: it may be one of these.',
        ),
      ).toBeInTheDocument();
      expect(screen.queryByText(NONE)).toBeNull();
      expect(Boolean(screen.queryByText(/has no EKS Pod Identity/))).toBe(
        isTab,
      );
    },
  );

  it('stand beside identities', async () => {
    const asNode = [entityNodeUse('default')];
    await show('uses-irsa', { asNode });
    expect(screen.getAllByText(BADGE)).toHaveLength(1);
    expect(screen.getByText('payments/default')).toBeInTheDocument();
  });
});
