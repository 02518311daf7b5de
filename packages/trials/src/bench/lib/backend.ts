/** What backends of benchmarks have in common: their start, their addresses, the database that "yarn bench" started. */
import { createBackend } from '@backstage/backend-defaults';
import {
  coreServices,
  createServiceFactory,
  type ServiceRef,
} from '@backstage/backend-plugin-api';
import { ConfigReader } from '@backstage/config';

/** How a client reaches the PostgreSQL of `yarn bench`. */
export function postgresConnection() {
  const server = process.env.EKS_POD_IDENTITY_TEST_POSTGRES;
  if (!server) throw new Error('Run it with "yarn bench NAME".');
  const { hostname: host, port, username: user } = new URL(server);
  return { host, port: Number(port), user };
}

/** The section `backend` of a configuration. */
export const backendSection = (port: number, database: object) => ({
  baseUrl: `http://127.0.0.1:${port}`,
  listen: { host: '127.0.0.1', port },
  database: { client: 'pg', ...database },
});

/** An object in the place of a service. */
export const inPlaceOf = <T>(
  service: ServiceRef<T, any>,
  instance: Partial<T>,
) =>
  createServiceFactory({
    service: service as ServiceRef<any, 'root'>,
    deps: {},
    factory: () => instance,
  });

type Feature = Parameters<ReturnType<typeof createBackend>['add']>[0];

/** Starts a backend of these parts in this process; it is ready when this returns. */
export async function startBackend(config: object, features: Feature[]) {
  const backend = createBackend();
  const reader = new ConfigReader(config as any);
  backend.add(inPlaceOf(coreServices.rootConfig, reader));
  features.forEach(feature => backend.add(feature));
  await backend.start();
  return 'ready';
}
