import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { longTimeline, timeline } from '../../../dev/timelines';
import { refusal, type World } from '../../../dev/world';
import { renderOnWorld } from '../../__testUtils__/renderOnWorld';
import { Timeline } from './Timeline';

const show = (world: World) =>
  renderOnWorld(<Timeline operationId="op-1" />, world);
const open = async () =>
  userEvent.click(await screen.findByText('Timeline', { selector: 'h3' }));
const rows = () =>
  within(screen.getByRole('table')).getAllByRole('row').slice(1);
const cellsOf = (row: HTMLElement) =>
  [...row.children].map(cell => cell.textContent);

describe('Timeline', () => {
  it('asks for nothing until it is opened', async () => {
    const asked = show({ timeline });
    await screen.findByText('Timeline', { selector: 'h3' });
    expect(asked).toEqual([]);
    await open();
    expect(await screen.findByRole('table')).toBeInTheDocument();
    expect(asked.map(url => url.pathname)).toEqual([
      '/v1/operations/op-1/timeline',
    ]);
  });

  it('lists calls and pauses with their times, and why each waited', async () => {
    show({ timeline });
    await open();
    await screen.findByRole('table', {
      name: 'Calls to AWS and Kubernetes by their start, in seconds',
    });
    expect(
      screen.getByText('13 calls to AWS and Kubernetes in 14.21 s'),
    ).toBeInTheDocument();
    expect(rows()).toHaveLength(timeline.entries.length);
    expect(rows().map(cellsOf)).toEqual(
      expect.arrayContaining([
        ['EKS DescribeCluster', '0.01', '', '0.08'],
        ['Pause: waiting for another operation', '0.09', '2.40', ''],
        ['IAM GetRole throttled', '2.50', '', '0.07'],
        ['IAM GetRole after the pause before a retry', '2.57', '0.41', '0.07'],
        [
          'IAM ListAttachedRolePolicies after waiting for the pace of calls',
          '3.06',
          '1.25',
          '0.07',
        ],
        ['Pause: waiting for a change to spread', '3.14', '0.25', ''],
        ['Kubernetes watch pods', '3.47', '', '10.40'],
      ]),
    );
  });

  it('shows the rest of a long one on request, and says what was cut', async () => {
    show({ timeline: longTimeline });
    await open();
    expect(
      await screen.findByText('12 later rows were not kept.'),
    ).toBeInTheDocument();
    expect(rows()).toHaveLength(100);
    await userEvent.click(
      screen.getByRole('button', { name: 'Show all 150 rows' }),
    );
    expect(rows()).toHaveLength(150);
  });

  it('says that it is no longer kept', async () => {
    show({ timeline: refusal(404, 'NotFoundError', 'There is no operation') });
    await open();
    expect(
      await screen.findByText('The timeline of this run is no longer kept.'),
    ).toBeInTheDocument();
  });

  it('can be asked for again after an error', async () => {
    const errors = [refusal(500, 'Error', 'The database does not answer.')];
    show({ timeline, beforeAnswer: () => errors.pop() });
    await open();
    expect(
      await screen.findByText('The timeline could not be loaded.'),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('table')).toBeInTheDocument();
  });
});
