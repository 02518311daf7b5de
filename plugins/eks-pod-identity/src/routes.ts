import {
  createExternalRouteRef,
  createRouteRef,
} from '@backstage/frontend-plugin-api';

export const fleetRouteRef = createRouteRef();
export const associationsRouteRef = createRouteRef();
export const accessRouteRef = createRouteRef();
export const clustersRouteRef = createRouteRef();
export const checksRouteRef = createRouteRef();
export const permissionsRouteRef = createRouteRef();
export const identityContentRouteRef = createRouteRef();

/** A scaffolder template’s form; bound by default where the scaffolder is installed. */
export const templateRouteRef = createExternalRouteRef({
  params: ['namespace', 'templateName'],
  defaultTarget: 'scaffolder.selectedTemplate',
});
