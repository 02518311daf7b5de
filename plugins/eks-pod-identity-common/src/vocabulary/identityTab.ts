import { POD_IDENTITY_ANNOTATION } from './annotation';

/** A component with one of these annotations shows its AWS identity, beside those of the type `service`. @public */
export const IDENTITY_TAB_ANNOTATIONS: readonly string[] = [
  POD_IDENTITY_ANNOTATION,
  'backstage.io/kubernetes-id',
  'backstage.io/kubernetes-namespace',
  'backstage.io/kubernetes-label-selector',
];

/**
 * Whether the page of an entity has the card and the tab, where the app leaves their filter as it is.
 *
 * @public
 */
export function hasIdentityTab(entity: {
  kind: string;
  metadata: { annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
}): boolean {
  const { kind, metadata, spec } = entity;
  return (
    kind.toLocaleLowerCase('en-US') === 'component' &&
    (spec?.type === 'service' ||
      IDENTITY_TAB_ANNOTATIONS.some(
        name => metadata.annotations?.[name] !== undefined,
      ))
  );
}
