// A training as a PyTorchJob of Kubeflow's training operator (kubeflow.org/v1), which starts a pod for each machine and tells each
// its place by MASTER_ADDR, MASTER_PORT, PET_NNODES and so on. Pure.

import { stringify } from "yaml";
import { ENGINE_FILES } from "./engine-file.ts";
import type { EngineName } from "./engine-name.ts";
import { ENTRY, STOP_SECONDS } from "./launch-command.ts";

export interface PytorchJobInput {
  readonly engine: EngineName;
  /** Container image with the engine's environment; its `python` is taken. */
  readonly image: string;
  readonly perNode: number;
  readonly nodes: number;
  readonly device: "cuda" | "cpu";
  readonly name: string;
}

/** Where the run directory's volume is mounted. */
const MOUNT = "/run-directory";
/** Of the run directory, in the manifest to be given by the user. */
const CLAIM = "rpo-run-directory";

/** Kubernetes takes names of lower-case letters, digits and -, at most 63, and the pods' names are longer by their place. */
const objectName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replace(/^-+|-+$/g, "") || "rpo-train";

/** pytorchjob.yaml. */
export function pytorchJob(input: PytorchJobInput): string {
  const { nodes, perNode } = input;
  const job = {
    apiVersion: "kubeflow.org/v1",
    kind: "PyTorchJob",
    metadata: { name: objectName(input.name) },
    spec: {
      nprocPerNode: String(perNode),
      runPolicy: { cleanPodPolicy: "Running", backoffLimit: 3 },
      pytorchReplicaSpecs: {
        Master: replica(input, 1),
        ...(nodes > 1 && { Worker: replica(input, nodes - 1) }),
      },
    },
  };
  return [
    "# kubectl apply -f pytorchjob.yaml, with Kubeflow's training operator in the cluster. Written by rpo train.",
    `# The claim ${CLAIM} must be a volume that all pods may write (ReadWriteMany), with the run directory as it is here; the`,
    "# paths of data set and model in engine/train.yaml must be those of the pods, a model of the hub by its name.",
    stringify(job, { lineWidth: 0 }),
  ].join("\n");
}

function replica({ engine, image, perNode, device }: PytorchJobInput, replicas: number) {
  return {
    replicas,
    restartPolicy: "OnFailure",
    template: {
      spec: {
        // As long as a step and its checkpoint may take.
        terminationGracePeriodSeconds: STOP_SECONDS,
        containers: [
          {
            // The operator looks for this name.
            name: "pytorch",
            image,
            workingDir: `${MOUNT}/engine`,
            // torchrun takes machines, place and processes from the operator's PET_… variables.
            command: ["python", "-m", "torch.distributed.run"],
            args: ["--shutdown-timeout", String(STOP_SECONDS), "-m", ENTRY[engine], ENGINE_FILES.train],
            ...(device === "cuda" && { resources: { limits: { "nvidia.com/gpu": perNode } } }),
            volumeMounts: [
              { name: "run", mountPath: MOUNT },
              { name: "shared-memory", mountPath: "/dev/shm" },
            ],
          },
        ],
        volumes: [
          { name: "run", persistentVolumeClaim: { claimName: CLAIM } },
          // NCCL and data loaders take more than the 64 MB that a container has by default.
          { name: "shared-memory", emptyDir: { medium: "Memory" } },
        ],
      },
    },
  };
}
