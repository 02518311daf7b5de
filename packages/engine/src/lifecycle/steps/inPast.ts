/** The first words of deeds, as they read once a deed is done. */
const PAST: Record<string, string> = {
  attach: 'Attached',
  change: 'Changed',
  create: 'Created',
  delete: 'Deleted',
  describe: 'Described',
  detach: 'Detached',
  install: 'Installed',
  put: 'Put',
  remove: 'Removed',
  replace: 'Replaced',
  restart: 'Restarted',
  tag: 'Tagged',
  take: 'Took',
  wait: 'Waited',
  write: 'Wrote',
};

/** `attach X to Y` → `Attached X to Y`. */
export function inPast(does: string): string {
  const [first, ...rest] = does.split(' ');
  const past = PAST[first];
  return past ? [past, ...rest].join(' ') : `Done: ${does}`;
}
