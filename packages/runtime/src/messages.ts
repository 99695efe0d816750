import type { ElementType, QuantizedWeight, Tensor } from '@mmhs/core';

/** Where sessions run. */
export type Device = 'cpu' | 'webgpu' | 'cuda';

/** How much onnxruntime rewrites a graph before running it. */
export type GraphOptimization = 'disabled' | 'basic' | 'extended' | 'all';

/** Place of one parameter in the shared areas, in elements. */
export interface ParameterPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
}

/** An output that a run is to deliver, or to keep in the worker under an id. */
export interface WantedOutput {
  readonly name: string;
  readonly type: ElementType;
  /** Undefined when only the run can tell it. */
  readonly shape: readonly number[] | undefined;
  readonly keepAs?: number;
  /** Id of a kept tensor that the output is written behind; what is kept is the whole. */
  readonly appendTo?: number;
}

/** A fed tensor: its data, or the id of one kept in the worker. */
export type Feed = Tensor | { readonly kept: number };

/** What the worker can be told. Ids are chosen by the sender; commands are carried out in order. */
export type Command =
  | {
      readonly kind: 'start';
      readonly device: Device;
      readonly threads: number;
      /** A trivial model that shows whether the device works. */
      readonly probe: Uint8Array | undefined;
    }
  | { readonly kind: 'open-checkpoint'; readonly weights: number; readonly folder: string; readonly renamed: ReadonlyMap<string, string> }
  | { readonly kind: 'load-tensors'; readonly weights: number; readonly tensors: Readonly<Record<string, Tensor>> }
  | { readonly kind: 'release-weights'; readonly weights: number }
  | {
      readonly kind: 'create-parameters';
      readonly parameters: number;
      readonly places: readonly ParameterPlace[];
      readonly values: SharedArrayBuffer;
      readonly gradients: SharedArrayBuffer;
    }
  | { readonly kind: 'release-parameters'; readonly parameters: number }
  | CreateSessionCommand
  | RunCommand
  | { readonly kind: 'release-session'; readonly session: number }
  | { readonly kind: 'release-kept'; readonly kept: readonly number[] }
  | { readonly kind: 'close' };

/** Makes a session; its weights are bound once. */
export interface CreateSessionCommand {
  readonly kind: 'create-session';
  readonly session: number;
  readonly model: Uint8Array;
  /** Each weight's name and the weights it comes from. */
  readonly weights: readonly { readonly name: string; readonly from: number }[];
  /** Whether weights are initialisers with external data (GPU providers) instead of inputs. */
  readonly weightsAreInitializers: boolean;
  /**
   * Weights in fewer bits, and the weights they are made from: initialisers of this session, or inputs whose one copy all sessions
   * share.
   */
  readonly quantized: readonly { readonly weight: QuantizedWeight; readonly from: number; readonly isShared: boolean }[];
  readonly parameters: { readonly from: number; readonly names: readonly string[] } | undefined;
  readonly optimization: GraphOptimization;
  readonly profilePrefix: string | undefined;
}

/** Runs a session once. */
export interface RunCommand {
  readonly kind: 'run';
  readonly session: number;
  readonly feeds: Readonly<Record<string, Feed>>;
  readonly outputs: readonly WantedOutput[];
  /** Parameters whose gradients are wanted. */
  readonly gradients: { readonly mode: 'write' | 'add'; readonly names: readonly string[] } | undefined;
  /** Version of the parameters' values that the run must see. */
  readonly parametersVersion: number;
}

/** What a run gives back: delivered tensors, and type and shape of those kept. */
export interface RunResult {
  readonly delivered: Readonly<Record<string, Tensor>>;
  readonly kept: Readonly<Record<string, { readonly type: ElementType; readonly shape: readonly number[] }>>;
}

/** A message to the worker. A cancelled request fails unless it has begun. */
export type Request =
  | { readonly request: number; readonly command: Command }
  | { readonly cancel: number };

/** The worker's answer to one request. */
export type Reply =
  | { readonly request: number; readonly ok: true; readonly value: unknown }
  | { readonly request: number; readonly ok: false; readonly error: PlainError };

/** An error as it crosses the thread boundary. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  /** Whether the message already holds the details. */
  readonly described: boolean;
  readonly details: { readonly where?: string; readonly got?: string; readonly expected?: string; readonly fix?: string };
}
