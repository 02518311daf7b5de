import { z } from 'zod/v3';
import { object } from './schema';

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
