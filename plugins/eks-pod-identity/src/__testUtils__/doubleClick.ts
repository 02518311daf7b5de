import userEvent from '@testing-library/user-event';

/** Both clicks come at one time, however long this process pauses between them. */
export async function doubleClick(element: Element) {
  const clock = jest.spyOn(performance, 'now');
  clock.mockReturnValue(performance.now());
  await userEvent.dblClick(element).finally(() => clock.mockRestore());
}
