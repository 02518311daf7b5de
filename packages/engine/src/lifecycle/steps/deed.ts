/** The verbs of deeds, and how each reads once the deed is done. */
const DID = {
  attach: 'Attached',
  change: 'Changed',
  create: 'Created',
  delete: 'Deleted',
  describe: 'Described',
  detach: 'Detached',
  install: 'Installed',
  let: 'Let',
  put: 'Put',
  remove: 'Removed',
  restart: 'Restarted',
  tag: 'Tagged',
  take: 'Took',
  wait: 'Waited',
  write: 'Wrote',
};

/** What a deed does, and did: `deed('attach', 'X to Y')`. */
export const deed = (verb: keyof typeof DID, what: string) => ({
  does: `${verb} ${what}`,
  did: `${DID[verb]} ${what}`,
});
export type DeedWords = ReturnType<typeof deed>;
