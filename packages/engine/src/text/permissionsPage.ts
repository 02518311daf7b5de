import { PERMISSIONS_PAGE } from 'backstage-plugin-eks-pod-identity-common';

/** The page about the rights of a portal, as its sentences name it: by its address, or where none is known by its file. */
export const permissionsPage = (
  cluster: { permissionsUrl?: string } | undefined,
): string => cluster?.permissionsUrl ?? PERMISSIONS_PAGE;
