import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { progressOf } from '../../../dev/access';
import { access, rows, show, world } from '../../__testUtils__/accessPage';

const TITLE = /^Who acts as the nodes/;

describe('who acts as the nodes', () => {
  it('is folded, and says of each group what was seen and what may be meant', async () => {
    show('', { ...world, accessProgress: progressOf(access, { nodes: true }) });
    const summary = await screen.findByText(TITLE);
    expect(summary).toHaveTextContent('programs do on one group of nodes');
    const fold = summary.closest('details')!;
    expect(fold).not.toHaveAttribute('open');
    await userEvent.click(summary);
    const cluster = within(fold).getByRole('region', {
      name: 'Analytics (staging)',
    });
    const [general, batch] = within(cluster)
      .getAllByRole('listitem')
      .filter(({ parentElement }) => parentElement!.parentElement === cluster);
    expect(general).toHaveTextContent(
      /^Node group general Programs on one node of it call AWS as the node/,
    );
    expect(general).toHaveTextContent(
      'Role arn:aws:iam::111122223333:role/payments-prod-nodes',
    );
    expect(general).toHaveTextContent('boto3 1.34.0 called sqs:ListQueues');
    expect(general).toHaveTextContent(
      'ops/DaemonSet shipper, on the network of its node',
    );
    expect(general).toHaveTextContent('3 more');
    expect(general).toHaveTextContent(
      '2 DaemonSets of kube-system are left out',
    );
    expect(batch).toHaveTextContent(
      /^Node pool of Auto Mode batch Whether a program acts as the node is not known/,
    );
    expect(batch).not.toHaveTextContent('Role');
  });

  it('is nothing for those who are not told', async () => {
    show();
    await rows();
    expect(screen.queryByText(TITLE)).not.toBeInTheDocument();
  });
});
