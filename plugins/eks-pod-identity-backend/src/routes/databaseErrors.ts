import type { LoggerService } from '@backstage/backend-plugin-api';
import {
  isError,
  type ResponseError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { ErrorRequestHandler } from 'express';
import { isDatabaseError } from '../store/databaseErrors';
import { isDatabaseUnavailable } from '../store/retryWhileUnavailable';

/** What another plugin answered with: its body can name hosts, such as that of the same database. */
const isFailedAnswer = (error: unknown): error is ResponseError =>
  isError(error) &&
  error.name === 'ResponseError' &&
  Number((error as { statusCode?: number }).statusCode) >= 500;

/** Answers what it means, in place of what the driver said: that names hosts, statements and values. */
export function databaseErrorHandler(
  logger: LoggerService,
): ErrorRequestHandler {
  return (error, request, _response, next) => {
    if (!isDatabaseUnavailable(error)) {
      if (isDatabaseError(error)) {
        logger.error(
          `The portal's database refused a statement of ${request.method} ${request.path}`,
          error,
        );
        next(
          new Error(
            "The portal's database refused what this request asked of it. AWS identities are not affected; the log of the portal's backend says why",
          ),
        );
      } else if (isFailedAnswer(error)) {
        logger.warn(
          `Could not answer ${request.method} ${request.path}, because another part of the portal did not: ${error.message}`,
        );
        next(
          new ServiceUnavailableError(
            'Another part of the portal, which this answer needs, did not answer. AWS identities and the pods that use them are not affected; try again in a minute',
          ),
        );
      } else {
        next(error);
      }
      return;
    }
    logger.warn(
      `Could not answer ${request.method} ${request.path}, because the portal's database cannot be reached: ${error.message}`,
    );
    next(
      new ServiceUnavailableError(
        "The portal's database cannot be reached right now. AWS identities and the pods that use them are not affected; try again in a minute. If it lasts, the log of the portal's backend says what is wrong with the database",
      ),
    );
  };
}
