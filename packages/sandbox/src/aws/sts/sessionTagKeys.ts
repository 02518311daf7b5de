/** Condition keys for the session tags of an AssumeRole call. */
export function sessionTagKeys(
  tags: Record<string, string>,
  transitive: string[] = [],
): Record<string, string | string[] | undefined> {
  const names = Object.keys(tags);
  const keys: Record<string, string | string[] | undefined> = {
    'aws:TagKeys': names.length ? names : undefined,
    'sts:TransitiveTagKeys': transitive.length ? transitive : undefined,
  };
  for (const name of names) {
    keys[`aws:RequestTag/${name}`] = tags[name];
  }
  return keys;
}
