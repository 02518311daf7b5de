import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { withoutNames } from '../../../dev/access';
import { movePlan } from '../../../dev/movePlan';
import { refusal, type World } from '../../../dev/world';
import { detailsOf, find, world } from '../../__testUtils__/accessPage';

const ready = find('ready');
const TITLE = 'Move from IRSA to Pod Identity';

/** The plan in the details of a row that is ready. */
async function plan(in_: Partial<World> = {}) {
  const details = await detailsOf(ready, { ...world, ...in_ });
  const part = within(details).getByRole('region', { name: TITLE });
  await userEvent.click(
    within(part).getByRole('button', { name: 'Plan the move' }),
  );
  return within(part);
}

describe('the plan of a move', () => {
  it('asks for nothing before a person does', async () => {
    const asked: string[] = [];
    const details = await detailsOf(ready, {
      ...world,
      onRequest: ({ url }) => asked.push(url.pathname),
    });
    expect(details).toHaveTextContent('nothing is changed');
    expect(asked.filter(path => path.endsWith('/move'))).toEqual([]);
  });

  it('opens the next stage, and says what is done, later and left out', async () => {
    const part = await plan();
    await part.findByText('next');
    const open = (title: RegExp) =>
      (part.getByText(title).closest('details') as HTMLDetailsElement).open;
    expect(open(/^Associate payments\/api/)).toBe(true);
    expect(open(/^Let Pod Identity use role/)).toBe(false);
    expect(open(/^Prove that new pods/)).toBe(false);
    expect(
      ['done', 'left out', 'next', 'later'].map(
        state => part.getByText(state).closest('li')!.dataset.state,
      ),
    ).toEqual(['done', 'left-out', 'next', 'to-do']);
    const back = part.getByText('The way back').closest('details')!;
    expect(
      [...back.querySelectorAll('pre')].map(one => one.textContent),
    ).toEqual([
      movePlan.back!.before,
      movePlan.back!.commands,
      movePlan.back!.again,
    ]);
    expect(part.getByText(/^Look first that aws/)).toBeInTheDocument();
    expect(part.getByText(/^Read (just now|.* ago)\.$/)).toBeInTheDocument();
  });

  it('copies the commands of a stage as they are', async () => {
    const user = userEvent.setup();
    const written = jest.spyOn(navigator.clipboard, 'writeText');
    const part = await plan();
    const stage = (await part.findByText('next')).closest('li')!;
    await user.click(
      within(stage).getByRole('button', { name: 'Copy the snippet' }),
    );
    expect(written).toHaveBeenCalledWith(movePlan.stages[2].commands);
  });

  it('reads again, and keeps what it has meanwhile', async () => {
    let asked = 0;
    const part = await plan({
      onRequest: ({ url }) => {
        if (url.pathname.endsWith('/move')) asked += 1;
      },
    });
    await userEvent.click(
      await part.findByRole('button', { name: 'Read again' }),
    );
    expect(part.getByText('next')).toBeInTheDocument();
    await waitFor(() => expect(asked).toBe(2));
  });

  it('says that there is no way back, and that nothing is moved', async () => {
    const part = await plan({
      movePlan: {
        ...movePlan,
        back: { possible: false, notes: ['No restart reaches Job once.'] },
      },
    });
    expect(
      await part.findByText('No way back without refusals'),
    ).toBeInTheDocument();
    expect(part.getByText('No restart reaches Job once.')).toBeInTheDocument();
  });

  it.each<[string, World['movePlan'], RegExp]>([
    [
      'nothing is moved',
      { ...movePlan, stages: [], back: undefined, sentence: 'Blocked by it.' },
      /^Nothing is moved as it stands\. Blocked by it\.$/,
    ],
    [
      'it is not for the user',
      refusal(403, 'NotAllowedError', 'No.'),
      /^The plan quotes the trust policy of its role\./,
    ],
    [
      'the cluster cannot be read',
      refusal(503, 'ServiceUnavailableError', 'It does not answer.'),
      /It does not answer\./,
    ],
  ])('says so where %s', async (_, answer, said) => {
    const part = await plan({ movePlan: answer });
    expect(await part.findByText(said)).toBeInTheDocument();
  });

  const unbegun = { ...movePlan, can: { migrate: true, rollback: true } };

  it('shows what the owner in another account has to write, and has the portal move none of it', async () => {
    const statement = { Effect: 'Allow', Action: 'sts:AssumeRole' };
    const [stage] = movePlan.stages;
    const details = await detailsOf(find('needs-target'), {
      ...world,
      movePlan: {
        ...movePlan,
        byHand: true,
        can: { migrate: true, rollback: true },
        ownStatement: 'added',
        stages: [{ ...stage, state: 'to-do', statements: [statement] }],
      },
    });
    await userEvent.click(
      within(details).getByRole('button', { name: 'Plan the move' }),
    );
    const next = (await screen.findByText('next')).closest('li')!;
    expect(JSON.parse(next.querySelector('pre')!.textContent!)).toEqual([
      statement,
    ]);
    // An earlier move may have left its statement in another role
    expect(screen.getByRole('button', { name: 'Roll back' })).toBeEnabled();
    for (const name of ['Rehearse it', 'Move it']) {
      expect(screen.queryByRole('button', { name })).not.toBeInTheDocument();
    }
  });

  it('offers to take back what a rehearsal, or a move that failed, left in the trust policy', async () => {
    const part = await plan({
      movePlan: { ...unbegun, ownStatement: 'added' },
    });
    expect(
      await part.findByRole('button', { name: 'Roll back' }),
    ).toBeInTheDocument();
    expect(part.getByRole('button', { name: 'Move it' })).toBeInTheDocument();
  });

  it('offers that alone where nothing is to be moved any more', async () => {
    const part = await plan({
      movePlan: {
        ...unbegun,
        stages: [],
        back: undefined,
        ownStatement: 'added',
      },
    });
    expect(
      await part.findByRole('button', { name: 'Roll back' }),
    ).toBeInTheDocument();
    for (const name of ['Rehearse it', 'Move it']) {
      expect(part.queryByRole('button', { name })).not.toBeInTheDocument();
    }
  });

  it.each(['Rehearse it', 'Move it'])(
    'says before "%s" that the portal edits the trust policy',
    async name => {
      const part = await plan({
        movePlan: { ...unbegun, ownStatement: 'to-add' },
      });
      expect(
        part.queryByRole('button', { name: 'Roll back' }),
      ).not.toBeInTheDocument();
      await userEvent.click(await part.findByRole('button', { name }));
      const dialog = within(await screen.findByRole('dialog'));
      expect(
        dialog.getByText(/adds its statement to the trust policy/),
      ).toBeInTheDocument();
    },
  );

  it('is offered neither without names nor where nothing could be planned', async () => {
    const blocked = await detailsOf(find('blocked'));
    expect(blocked).not.toHaveTextContent(TITLE);
    const row = withoutNames([find('needs-owner')]);
    await detailsOf(row[0], { ...world, access: row });
    expect(screen.queryByText(TITLE)).not.toBeInTheDocument();
  });

  it('is not offered where it would be refused', async () => {
    const row = { ...ready, planWithheld: true };
    await detailsOf(row, { ...world, access: [row] });
    expect(screen.queryByText(TITLE)).not.toBeInTheDocument();
  });
});
