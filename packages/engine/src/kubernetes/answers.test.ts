import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { json, ScriptedServer } from './__testUtils__/scriptedServer';

const MB = 'a'.repeat(2 ** 20);

/** Writes until the client has heard enough; says how many megabytes that were, with those on their way. */
async function endless(response: ServerResponse, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' });
  let written = 0;
  while (!response.destroyed) {
    written += 1;
    if (response.write(MB)) continue;
    await Promise.race([once(response, 'drain'), once(response, 'close')]);
  }
  return written;
}

describe('where an answer of Kubernetes does not end', () => {
  let server: ScriptedServer;
  let client: ReturnType<ScriptedServer['client']>;
  beforeAll(async () => {
    server = await ScriptedServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(() => {
    server.seen.length = 0;
    client = server.client();
  });
  afterEach(() => client.api.close());

  /** Has every answer be one, and collects their sizes. */
  function always(status?: number) {
    const sizes: Promise<number>[] = [];
    server.handler = (_, response) => {
      sizes.push(endless(response, status));
    };
    return sizes;
  }
  const limits = () => server.seen.map(({ query }) => query.get('limit'));

  it('@night reads no more than 64 MB of it, in smaller and smaller pages', async () => {
    const sizes = always();
    await expect(client.api.listNodes()).rejects.toMatchObject({
      kind: 'too-long',
      message:
        'the answer to list nodes cannot be used: it is longer than 64 MB, and more is not read',
    });
    expect(client.outcomes).toEqual(Array(4).fill('list nodes: too-long'));
    expect(limits()).toEqual(['500', '50', '5', '1']);
    expect(Math.max(...(await Promise.all(sizes)))).toBeLessThan(80);
  });

  it('reads the first megabyte of an error', async () => {
    const sizes = always(400);
    await expect(client.api.listNodes()).rejects.toMatchObject({
      kind: 'bad-request',
      message: 'a'.repeat(200),
    });
    expect(await sizes[0]).toBeLessThan(16);
  });

  it('knows the reason of a Status of 100 kB', async () => {
    server.handler = (_, response) =>
      json(response, 409, {
        details: { causes: [{ message: MB.slice(0, 100_000) }] },
        message: 'it is there',
        reason: 'AlreadyExists',
      });
    await expect(client.api.listNodes()).rejects.toMatchObject({
      kind: 'conflict',
      reason: 'AlreadyExists',
      message: 'it is there',
    });
  });

  it('reads no more than 8 MB of an event of a watch', async () => {
    const sizes = always();
    const from = { metadata: { name: 'p', uid: '1', resourceVersion: '1' } };
    await expect(async () => {
      for await (const _ of client.api.watchPod('shop', 'p', { from }));
    }).rejects.toMatchObject({ kind: 'too-long' });
    expect(await sizes[0]).toBeLessThan(24);
  });

  it('has the rest of a list in the pages that it could read', async () => {
    server.handler = ({ query }, response) => {
      const next = query.get('continue') ? {} : { continue: 'more' };
      if (query.get('limit') === '500') void endless(response);
      else json(response, 200, { metadata: next, items: [{}] });
    };
    expect(await client.api.listNodes()).toHaveLength(2);
    expect(limits()).toEqual(['500', '50', '50']);
  });

  it('counts the pages that are left by their new size', async () => {
    server.handler = ({ query }, response) => {
      const metadata = query.get('continue')
        ? {}
        : { continue: 'more', remainingItemCount: 101 };
      if (query.get('limit') === '500') void endless(response);
      else json(response, 200, { metadata, items: Array(50).fill({}) });
    };
    const left: number[] = [];
    for await (const { pagesLeft } of client.api.namespacePages()) {
      left.push(pagesLeft);
    }
    expect(left).toEqual([3, 0]);
  });
});
