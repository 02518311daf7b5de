/** A tag as IAM and EC2 write it; EKS writes a record. */
export interface Tag {
  Key: string | undefined;
  Value: string | undefined;
}

/** IAM's list of tags as a record. */
export function tagRecord(tags: readonly Tag[] = []): Record<string, string> {
  return Object.fromEntries(
    tags.map(({ Key, Value }) => [Key ?? '', Value ?? '']),
  );
}

/** A record of tags as IAM accepts them. */
export function tagList(
  tags: Record<string, string>,
): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
