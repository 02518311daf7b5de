import { decode } from '../protocol/request';

/** Operation → method and path; names in braces are path parameters (EKS API Reference). */
const ROUTES: Record<string, [method: string, path: string]> = {
  ListClusters: ['GET', '/clusters'],
  DescribeCluster: ['GET', '/clusters/{name}'],
  CreateAddon: ['POST', '/clusters/{name}/addons'],
  ListAddons: ['GET', '/clusters/{name}/addons'],
  DescribeAddon: ['GET', '/clusters/{name}/addons/{addonName}'],
  DeleteAddon: ['DELETE', '/clusters/{name}/addons/{addonName}'],
  UpdateAddon: ['POST', '/clusters/{name}/addons/{addonName}/update'],
  CreatePodIdentityAssociation: [
    'POST',
    '/clusters/{name}/pod-identity-associations',
  ],
  ListPodIdentityAssociations: [
    'GET',
    '/clusters/{name}/pod-identity-associations',
  ],
  DescribePodIdentityAssociation: [
    'GET',
    '/clusters/{name}/pod-identity-associations/{associationId}',
  ],
  UpdatePodIdentityAssociation: [
    'POST',
    '/clusters/{name}/pod-identity-associations/{associationId}',
  ],
  DeletePodIdentityAssociation: [
    'DELETE',
    '/clusters/{name}/pod-identity-associations/{associationId}',
  ],
  CreateAccessEntry: ['POST', '/clusters/{name}/access-entries'],
  DescribeAccessEntry: [
    'GET',
    '/clusters/{name}/access-entries/{principalArn}',
  ],
  UpdateAccessEntry: ['POST', '/clusters/{name}/access-entries/{principalArn}'],
  DeleteAccessEntry: [
    'DELETE',
    '/clusters/{name}/access-entries/{principalArn}',
  ],
  ListNodegroups: ['GET', '/clusters/{name}/node-groups'],
  DescribeNodegroup: ['GET', '/clusters/{name}/node-groups/{nodegroupName}'],
  TagResource: ['POST', '/tags/{resourceArn}'],
};

const compiled = Object.entries(ROUTES).map(([operation, [method, path]]) => ({
  operation,
  method,
  names: [...path.matchAll(/\{(\w+)\}/g)].map(found => found[1]),
  expression: new RegExp(`^${path.replace(/\{\w+\}/g, '([^/]+)')}$`),
}));

/** Finds the operation for a method and path, with the decoded path parameters. */
export function matchRoute(
  method: string,
  rawPath: string,
): { operation: string; path: Record<string, string> } | undefined {
  for (const route of compiled) {
    const found =
      route.method === method ? route.expression.exec(rawPath) : undefined;
    if (found) {
      const path: Record<string, string> = {};
      route.names.forEach((name, index) => {
        path[name] = decode(found[index + 1]);
      });
      return { operation: route.operation, path };
    }
  }
  return undefined;
}

/** Method and path of an operation. */
export function eksPath(
  operation: string,
  parameters: Record<string, string>,
): { method: string; rawPath: string } {
  const [method, path] = ROUTES[operation];
  return {
    method,
    rawPath: path.replace(/\{(\w+)\}/g, (_, name) =>
      encodeURIComponent(parameters[name]),
    ),
  };
}
