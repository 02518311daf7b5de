export interface Config {
  sandbox?: {
    /**
     * Labels every page as a sandbox.
     * @visibility frontend
     */
    enabled?: boolean;
  };
  auth?: {
    providers?: {
      sandbox?: {
        users: Array<{
          /** @visibility frontend */
          entityRef: string;
          /** @visibility frontend */
          title: string;
          /** @visibility frontend */
          description?: string;
        }>;
      };
    };
  };
}
