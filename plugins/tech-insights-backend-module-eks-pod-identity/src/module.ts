import { techInsightsFactRetrieversExtensionPoint } from '@backstage-community/plugin-tech-insights-node';
import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { podIdentityServiceRef } from 'backstage-plugin-eks-pod-identity-node';
import { createFactRetriever } from './createFactRetriever';

/**
 * Adds the fact retriever `awsIdentityFactRetriever` to tech-insights. It runs where `techInsights.factRetrievers` has a
 * section of that name.
 *
 * @public
 */
export const podIdentityFactsModule = createBackendModule({
  pluginId: 'tech-insights',
  moduleId: 'eks-pod-identity',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        podIdentity: podIdentityServiceRef,
        retrievers: techInsightsFactRetrieversExtensionPoint,
      },
      async init({ retrievers, ...services }) {
        const retriever = createFactRetriever(services);
        retrievers.addFactRetrievers({ [retriever.id]: retriever });
      },
    });
  },
});
