import { z } from 'zod/v3';
import { endpoint } from './endpoint';
import { podIdentityUsePermission } from '../vocabulary/permissions';
import { object } from '../vocabulary/schema';

/** Answer of `GET /v1/docs/checks`: what each check asks, means and how to fix it, as Markdown. @public */
export interface ChecksPage {
  markdown: string;
}

/** @public */
export const checksPageSchema = object<ChecksPage>({ markdown: z.string() });

/** Answer of `GET /v1/docs/permissions`: the rights that the portal needs, as Markdown. @public */
export interface PermissionsPage {
  markdown: string;
}

/** @public */
export const permissionsPageSchema = object<PermissionsPage>({
  markdown: z.string(),
});

/** @public */
export const documentEndpoints = {
  /** What each check asks, means and how to fix it, as Markdown. */
  getChecksPage: endpoint({
    route: 'GET /v1/docs/checks',
    answer: checksPageSchema,
    only: 'markdown',
    needs: [podIdentityUsePermission],
    summary: 'The page that explains every check',
    description:
      'docs/checks.md of the engine, Markdown; the links of findings lead to its headings. Needs eks-pod-identity.use.',
    failures: [403],
    cached: true,
    chosen: true,
  }),
  /** What the portal may do on AWS and Kubernetes, and which policies that takes, as Markdown. */
  getPermissionsPage: endpoint({
    route: 'GET /v1/docs/permissions',
    answer: permissionsPageSchema,
    only: 'markdown',
    needs: [podIdentityUsePermission],
    summary: 'The page about the rights of the portal',
    description:
      'docs/permissions.md, Markdown; what the portal lacks links to its headings. Needs eks-pod-identity.use.',
    failures: [403],
    cached: true,
    chosen: true,
  }),
};
