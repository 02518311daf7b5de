import { renderInTestApp } from '@backstage/frontend-test-utils';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReportSummary } from 'backstage-plugin-eks-pod-identity-common';
import { minutesAgo } from '../../../dev/reports';
import { HistoryStrip } from './HistoryStrip';

const run = (
  id: string,
  status: ReportSummary['status'],
  ago: number,
): ReportSummary => ({
  id,
  status,
  proof: 'none',
  trigger: 'schedule',
  finishedAt: minutesAgo(ago),
  headline: `What ${id} found`,
  passed: 3,
  failed: 0,
});

const runs = [
  run('new', 'failed', 3),
  run('middle', 'verified', 120),
  run('old', 'inconclusive', 3 * 24 * 60),
];

describe('HistoryStrip', () => {
  it('gives each run a word, a time, who asked and a shape of its own', async () => {
    renderInTestApp(
      <HistoryStrip
        runs={runs}
        selectedId="middle"
        onSelect={() => {}}
        hasOlder={false}
        onOlder={() => {}}
      />,
    );
    const buttons = await screen.findAllByRole('button');
    expect(buttons.map(button => button.textContent)).toEqual([
      'Failed3 minutes agoon schedule',
      'Verified2 hours agoon schedule',
      'Inconclusive3 days agoon schedule',
    ]);
    expect(buttons.map(button => button.getAttribute('aria-pressed'))).toEqual([
      'false',
      'true',
      'false',
    ]);
    const shapes = buttons.map(button =>
      button.querySelector('svg path')!.getAttribute('d'),
    );
    expect(new Set(shapes).size).toBe(3);
    expect(buttons[0].title).toContain('What new found');
  });

  it('is walked through and chosen from by keyboard', async () => {
    const onSelect = jest.fn();
    const onOlder = jest.fn();
    renderInTestApp(
      <HistoryStrip
        runs={runs}
        selectedId="new"
        onSelect={onSelect}
        hasOlder
        onOlder={onOlder}
      />,
    );
    const [first] = await screen.findAllByRole('button');
    first.focus();
    await userEvent.tab();
    await userEvent.tab();
    await userEvent.keyboard('{Enter}');
    expect(onSelect).toHaveBeenCalledWith('old');
    await userEvent.tab();
    await userEvent.keyboard('{Enter}');
    expect(onOlder).toHaveBeenCalledTimes(1);
  });

  it('is not there before the first run', async () => {
    renderInTestApp(
      <>
        <p>Before it</p>
        <HistoryStrip
          runs={[]}
          onSelect={() => {}}
          hasOlder={false}
          onOlder={() => {}}
        />
      </>,
    );
    await screen.findByText('Before it');
    expect(screen.queryByText('Past runs')).not.toBeInTheDocument();
  });
});
