import { decode } from '../protocol/request';
import operations from './operations.json';

/** Operation → method and path; names in braces are path parameters (EKS API Reference). */
const ROUTES: Record<string, string[]> = operations;

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
