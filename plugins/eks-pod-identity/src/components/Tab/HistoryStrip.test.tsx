import { renderInTestApp } from '@backstage/frontend-test-utils';
import { entityPresentationApiRef } from '@backstage/plugin-catalog-react';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { PastRun } from 'backstage-plugin-eks-pod-identity-common';
import { useState } from 'react';
import { minutesAgo } from '../../../dev/reports';
import { HistoryStrip } from './HistoryStrip';

const run = (id: string, status: PastRun['status'], ago: number): PastRun => ({
  id,
  status,
  proof: 'none',
  trigger: 'schedule',
  finishedAt: minutesAgo(ago),
  headline: '',
  sentence: `what ${id} found`,
  passed: 3,
  failed: 0,
});

const runs = [
  run('new', 'broken', 3),
  run('middle', 'verified', 120),
  run('old', 'could-not-check', 3 * 24 * 60),
];

const noneOlder = { exist: false, load: () => {} };

const rect = (left: number) => ({ left, right: left + 100 } as DOMRect);

/** A strip with room for one run, which jsdom does not lay out by itself; tells what moved the page. */
function layOut() {
  const scrollIntoView = jest.fn();
  Element.prototype.scrollIntoView = scrollIntoView;
  jest
    .spyOn(Element.prototype, 'getBoundingClientRect')
    .mockImplementation(function rectOf(this: Element) {
      const strip = this.closest('ol');
      const item = this.closest('li');
      return strip && item
        ? rect([...strip.children].indexOf(item) * 100 - strip.scrollLeft)
        : rect(0);
    });
  return scrollIntoView;
}

function Choosing() {
  const [selectedId, setSelectedId] = useState('new');
  return (
    <HistoryStrip
      runs={runs}
      selectedId={selectedId}
      onSelect={setSelectedId}
      older={noneOlder}
    />
  );
}

function Loading() {
  const [loaded, setLoaded] = useState(false);
  return (
    <>
      <button onClick={() => setLoaded(true)}>Load</button>
      <HistoryStrip
        runs={loaded ? runs : []}
        selectedId="middle"
        onSelect={() => {}}
        older={noneOlder}
      />
    </>
  );
}

describe('HistoryStrip', () => {
  afterEach(() => {
    jest.restoreAllMocks();
    delete (Element.prototype as Partial<Element>).scrollIntoView;
  });

  it('shows each run with a word, a time, who started it and an icon', async () => {
    renderInTestApp(
      <HistoryStrip
        runs={runs}
        selectedId="middle"
        onSelect={() => {}}
        older={noneOlder}
      />,
    );
    const buttons = await screen.findAllByRole('button');
    expect(buttons.map(button => button.textContent)).toEqual([
      'Broken3 minutes agoon schedule',
      'Verified2 hours agoon schedule',
      'Could not check3 days agoon schedule',
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

  it('names the user who started a run, where the reader may know that', async () => {
    const startedBy = 'user:default/ana';
    renderInTestApp(
      <HistoryStrip
        runs={[
          { ...runs[0], trigger: 'user', startedBy },
          { ...runs[1], trigger: 'action', startedBy },
          { ...runs[2], trigger: 'user' },
        ]}
        onSelect={() => {}}
        older={noneOlder}
      />,
      {
        apis: [
          [
            entityPresentationApiRef,
            {
              forEntity: ref => {
                const snapshot = {
                  entityRef: String(ref),
                  primaryTitle: ref === startedBy ? 'Ana Torres' : 'Unknown',
                };
                return { snapshot, promise: Promise.resolve(snapshot) };
              },
            },
          ],
        ],
      },
    );
    const buttons = await screen.findAllByRole('button');
    expect(buttons.map(button => button.textContent)).toEqual([
      'Broken3 minutes agoby Ana Torres',
      'Verified2 hours agoby Ana Torres, with a template',
      'Could not check3 days agoby a user',
    ]);
  });

  it('can be used with the keyboard', async () => {
    const onSelect = jest.fn();
    const onOlder = jest.fn();
    renderInTestApp(
      <HistoryStrip
        runs={runs}
        selectedId="new"
        onSelect={onSelect}
        older={{ exist: true, load: onOlder }}
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

  it('scrolls the selected run into view, and nothing else', async () => {
    const scrollIntoView = layOut();
    renderInTestApp(<Choosing />);
    const strip = await screen.findByRole('list');
    const buttons = screen.getAllByRole('button');
    expect(strip.scrollLeft).toBe(0);
    await userEvent.click(buttons[2]);
    expect(strip.scrollLeft).toBe(200);
    await userEvent.click(buttons[1]);
    expect(strip.scrollLeft).toBe(100);
    expect(scrollIntoView).not.toHaveBeenCalled();
  });

  it('scrolls to a run that was chosen before the list was loaded', async () => {
    layOut();
    renderInTestApp(<Loading />);
    await userEvent.click(await screen.findByText('Load'));
    expect(screen.getByRole('list').scrollLeft).toBe(100);
  });

  it('is absent before the first run', async () => {
    renderInTestApp(
      <>
        <p>Before it</p>
        <HistoryStrip runs={[]} onSelect={() => {}} older={noneOlder} />
      </>,
    );
    await screen.findByText('Before it');
    expect(screen.queryByText('Past runs')).not.toBeInTheDocument();
  });
});
