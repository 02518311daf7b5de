/** Of checks that no request names. */
const TAKEN = ['identity', 'observed'];
const LONGEST = 32;

/**
 * The name of the permission check by which a verification tests each of these managed policies, by the policy's ARN: the
 * policy's own name as far as it fits. Two policies never have one name.
 *
 * @public
 */
export function policyTestNames(arns: readonly string[]): Map<string, string> {
  const names = new Map<string, string>();
  const taken = new Set(TAKEN);
  for (const arn of new Set(arns)) {
    const plain =
      arn
        .slice(arn.lastIndexOf('/') + 1)
        .replace(/([a-z0-9])(?=[A-Z])/g, '$1-')
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, '-')
        .slice(0, LONGEST) || 'policy';
    let name = plain;
    for (let number = 2; taken.has(name); number += 1) {
      const end = `-${number}`;
      name = `${plain.slice(0, LONGEST - end.length)}${end}`;
    }
    taken.add(name);
    names.set(arn, name);
  }
  return names;
}
