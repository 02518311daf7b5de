/**
 * The anchor of a heading, as Markdown renderers make it: `role.trust-policy` → `roletrust-policy`.
 *
 * @public
 */
export function headingAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, '')
    .replace(/ /g, '-');
}
