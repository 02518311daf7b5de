/** Where the page of the checks is in an app, unless it mounts the pages elsewhere. */
export function checksPageUrl(appBaseUrl: string): string {
  return `${appBaseUrl}/aws-identities/checks`;
}
