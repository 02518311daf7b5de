/** Every page of a list as IAM answers it: more to come while it is truncated. */
export async function* iamPages<
  Page extends { IsTruncated?: boolean; Marker?: string },
>(ask: (marker: string | undefined) => Promise<Page>): AsyncGenerator<Page> {
  let marker: string | undefined;
  do {
    const page = await ask(marker);
    yield page;
    marker = page.IsTruncated ? page.Marker : undefined;
  } while (marker);
}

/** Every page of a list as EKS answers it. */
export async function* eksPages<Page extends { nextToken?: string }>(
  ask: (nextToken: string | undefined) => Promise<Page>,
): AsyncGenerator<Page> {
  let nextToken: string | undefined;
  do {
    const page = await ask(nextToken);
    yield page;
    nextToken = page.nextToken;
  } while (nextToken);
}
