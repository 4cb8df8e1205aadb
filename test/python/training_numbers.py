# What transformers' schedules, torch's AdamW and clipping, and TRL's losses give, as JSON on stdout; the job is JSON on stdin. One process does one kind of job: importing transformers or TRL takes seconds, and not all need it.
import json
import sys

import torch

job = json.load(sys.stdin)
torch.set_num_threads(1)


def schedules():
    from transformers import get_scheduler

    answers = []
    for name, peak, warmup, steps in job["schedules"]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
        kind = "constant_with_warmup" if name == "constant" else name
        scheduler = get_scheduler(kind, optimizer, num_warmup_steps=warmup, num_training_steps=steps)
        rates = []
        for _ in range(steps):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        answers.append(rates)
    return answers


def adamw():
    weights = torch.nn.Parameter(torch.tensor(job["weights"], dtype=torch.float32))
    optimizer = torch.optim.AdamW(
        [weights], lr=0.0, betas=(job["beta1"], job["beta2"]), eps=job["epsilon"], weight_decay=job["weightDecay"]
    )
    answers = []
    for rate, gradient in zip(job["rates"], job["gradients"]):
        optimizer.param_groups[0]["lr"] = rate
        weights.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
        state = optimizer.state[weights]
        answers.append([x.tolist() for x in (weights.detach(), state["exp_avg"], state["exp_avg_sq"])])
    return answers


def clip():
    parameters = [torch.nn.Parameter(torch.zeros(len(gradient))) for gradient in job["gradients"]]
    for parameter, gradient in zip(parameters, job["gradients"]):
        parameter.grad = torch.tensor(gradient, dtype=torch.float32)
    norm = torch.nn.utils.clip_grad_norm_(parameters, job["limit"])
    return {"norm": norm.item(), "gradients": [parameter.grad.tolist() for parameter in parameters]}


def losses():
    # The loss functions alone, on bare attributes: no trainer, no model.
    from types import SimpleNamespace

    from trl import DPOTrainer, KTOTrainer
    from trl.trainer.dpo_config import FDivergenceType

    same = SimpleNamespace(device="cpu", gather_for_metrics=lambda value: value)

    def tensor(values):
        return torch.tensor(values, dtype=torch.float64, requires_grad=True)

    def answer(loss, inputs):
        loss.sum().backward()
        return {"losses": loss.tolist(), "gradients": [x.grad.tolist() for x in inputs]}

    k = job["kto"]
    kto = SimpleNamespace(
        calculate_KL=True,
        accelerator=same,
        loss_type="kto",
        beta=job["beta"],
        desirable_weight=k["desirableWeight"],
        undesirable_weight=k["undesirableWeight"],
    )
    policy = [tensor(k["chosen"]), tensor(k["rejected"])]
    loss, _, _, kl = KTOTrainer.kto_loss(
        kto,
        *policy,
        tensor(k["mismatched"]),
        tensor(k["chosenReference"]),
        tensor(k["rejectedReference"]),
        tensor(k["mismatchedReference"]),
    )
    kto_answer = {"kl": kl.item(), **answer(loss, policy)}

    d = job["dpo"]
    dpo = SimpleNamespace(
        accelerator=same,
        reference_free=False,
        f_divergence_type=FDivergenceType.REVERSE_KL,
        f_divergence_params=None,
        beta=job["beta"],
        label_smoothing=d["labelSmoothing"],
    )
    policy = [tensor(d["chosen"]), tensor(d["rejected"])]
    loss, _, _ = DPOTrainer.dpo_loss(
        dpo, *policy, tensor(d["chosenReference"]), tensor(d["rejectedReference"]), loss_type="sigmoid"
    )
    return {"kto": kto_answer, "dpo": answer(loss, policy)}


print(json.dumps({"schedules": schedules, "adamw": adamw, "clip": clip, "losses": losses}[job["kind"]]()))
