import { failed, passed, untouched } from '../lib/report.mjs';

/** Rights that a role may use though no rule of the page gives them to it. */
const besides = new Map([
  // Kubernetes gives these to every user
  ...['access', '', 'rules'].map(of => [
    `create selfsubject${of}reviews`,
    ['read', 'verify', 'write'],
  ]),
  // "A role that may only dry-run pods"
  ['create pods', ['read']],
]);

/**
 * Least privilege, both ways, over everything that the tests before it did: the documentation asks for no right that
 * the portal never used, and the portal used none that the documentation does not name.
 */
export async function rights({ args, changed, results, rightsFile }) {
  const needed = ['unit', 'lab', 'e2e'];
  const ran = needed.every(stage =>
    results.some(({ name, outcome }) => name === stage && outcome.passed > 0),
  );
  if (changed || args.length > 0) {
    return untouched;
  }
  if (!ran) {
    return failed('rights', `They are known after ${needed.join(', ')}.`);
  }
  // It needs a package, and this file is loaded before setup has brought any
  const { documentedRights, usedRights } = await import('../lib/rights.mjs');
  return compareRights(documentedRights(), usedRights(rightsFile));
}

export function compareRights(documented, used) {
  const idle = [...documented.keys()].filter(right => {
    const roles = used.get(right) ?? new Set();
    return ![...documented.get(right)].some(role => roles.has(role));
  });
  const missing = [...used].flatMap(([right, roles]) =>
    [...roles]
      .filter(
        role =>
          !documented.get(right)?.has(role) &&
          !besides.get(right)?.includes(role),
      )
      .map(role => `${right} (${role})`),
  );
  const problems = [
    idle.length > 0 &&
      `docs/permissions.md asks for rights that no test needed: ${idle.join(
        ', ',
      )}.`,
    missing.length > 0 &&
      `The portal used rights that docs/permissions.md does not name: ${missing.join(
        ', ',
      )}.`,
  ].filter(Boolean);
  if (problems.length > 0) {
    return failed('rights', problems.join('\n'));
  }
  return passed(
    `${documented.size} rights of docs/permissions.md, each used; no other was`,
  );
}
