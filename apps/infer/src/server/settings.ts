/** How the server behaves; the limits keep one caller from taking it from the others. */
export interface ServerSettings {
  /** Most posts of a batch. */
  readonly batchSize: number;
  /** How long a post may wait for company while nothing runs, milliseconds. */
  readonly batchWaitMilliseconds: number;
  /** Most requests with posts that are under way; each has at most a batch of them in the queue. */
  readonly openRequests: number;
  /** Most lines of a request. */
  readonly lines: number;
  /** Largest body in bytes. */
  readonly bodyBytes: number;
  /** Longest text of a post in UTF-16 units. */
  readonly textLength: number;
  /** Most pixels of a picture. */
  readonly pixels: number;
  /** Time a client has to send its request, seconds. */
  readonly receiveSeconds: number;
  /** Time the server has to answer, seconds. */
  readonly answerSeconds: number;
  /** Time for open requests when the server is told to stop, seconds. */
  readonly drainSeconds: number;
}
