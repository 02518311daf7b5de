import { AddressInfo } from 'node:net';
import { actionsServiceFactory } from '@backstage/backend-defaults/alpha';
import { mockCredentials } from '@backstage/backend-test-utils';
import mcpPlugin from '@backstage/plugin-mcp-actions-backend';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { PATIENCE_MS } from 'eks-sandbox/patience';
import type { Replica } from './testBackend';

/** What a portal with an MCP server has beside the plugin. */
export const mcpFeatures = [actionsServiceFactory, mcpPlugin];

/** The configuration by which it offers the plugin's actions. */
export const mcpConfig = {
  backend: { actions: { pluginSources: ['eks-pod-identity'] } },
};

/** A tool's answer: its text as the model reads it, and whether it is a refusal. */
interface ToolAnswer {
  text: string;
  isError: boolean;
  /** The text as JSON; undefined for a refusal. */
  output?: any;
}

/** The client of the MCP SDK at a portal's server, as a user. */
export async function connectMcp(replica: Replica, user: string) {
  const { port } = replica.backend.server.address() as AddressInfo;
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(
    new StreamableHTTPClientTransport(
      new URL(`http://127.0.0.1:${port}/api/mcp-actions/v1`),
      {
        requestInit: {
          headers: { authorization: mockCredentials.user.header(user) },
        },
      },
    ),
  );
  return {
    client,
    tools: async () => (await client.listTools()).tools,
    async call(name: string, input: object): Promise<ToolAnswer> {
      const { content, isError = false } = await client.callTool(
        { name: `eks-pod-identity.${name}`, arguments: { ...input } },
        undefined,
        { timeout: PATIENCE_MS },
      );
      const [{ text }] = content as [{ text: string }];
      return {
        text,
        isError: isError === true,
        output: isError ? undefined : JSON.parse(text),
      };
    },
  };
}
