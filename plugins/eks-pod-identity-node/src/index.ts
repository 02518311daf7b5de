/**
 * For other backend packages: the client of the EKS Pod Identity backend with on-behalf-of credentials, and the extension
 * points with which a module adds checks, guardrails, a naming strategy or clusters.
 *
 * @packageDocumentation
 */
export * from './service';
export * from './extensions';
