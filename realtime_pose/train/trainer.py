"""The training of a network: persons in, checkpoints, curves and panels out.

Folder of a training: last.pth (to go on), best.pth with best.toml (the network, ready to be used and exported),
sppe.pth with sppe.toml (with an SSTN: the best network of the first phase), curves.csv, tensorboard/, panels/,
validation.json.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn
from torch.utils.data import DataLoader

from realtime_pose._cv2 import cv2
from realtime_pose.config import TrainConfig
from realtime_pose.counts import counted
from realtime_pose.errors import DatasetError, ModelError
from realtime_pose.evaluate.coco import CocoTruth
from realtime_pose.files import atomic
from realtime_pose.models.manifest import InputSpec, ModelSpec
from realtime_pose.skeletons import Skeleton
from realtime_pose.train import checkpoint, dataset, distributed
from realtime_pose.train.curves import Curves, EpochRow
from realtime_pose.train.dataset import CropDataset, EpochBatches, Sample, SstnDataset
from realtime_pose.train.displacement import DISPLACED
from realtime_pose.train.entry import make_entry, to_spec, write_entry
from realtime_pose.train.initial import to_cpu
from realtime_pose.train.panels import draw_panel, encode_panel
from realtime_pose.train.persons import TrainPerson
from realtime_pose.train.phases import BEST, Phase, PhasePlan, plan_phases
from realtime_pose.train.proposals import ProposalsGenerator
from realtime_pose.train.state import Progress, TrainState, read_last
from realtime_pose.train.validation import ModuleBackend, Scores, Validation

LAST, VALIDATION = "last.pth", "validation.json"
_PANEL_EPOCHS = 5  # a panel is drawn after the first epoch, then after each of so many
_PANEL_CROPS = 16


class OnStep(Protocol):
    """Is told of each step."""

    def __call__(self, done: int, total: int, loss: float, pictures_per_s: float) -> None:
        """Batches of the epoch that are done, all of them, mean loss so far, and crops per second."""


@dataclass(frozen=True, slots=True)
class TrainData:
    """What a network is trained on and validated on.

    Attributes:
        persons: To train on.
        skeleton: Their keypoints.
        validation: COCO's tables, with whole paths as names of images.
        panel: Persons of the panels.
        proposals: Gives the persons to train on the boxes of a detector; None for the true ones.
    """

    persons: Sequence[TrainPerson]
    skeleton: Skeleton
    validation: dict[str, Any]
    panel: Sequence[TrainPerson]
    proposals: ProposalsGenerator | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a training runs.

    Attributes:
        device: Of this process.
        rank: Number of this process, and the number of all.
        workers: Processes that load data; 0: the training itself does.
    """

    device: torch.device
    rank: tuple[int, int] = (0, 1)
    workers: int = 0


class Trainer:
    """One training in a folder.

    Args:
        network: With the parameters to start from.
        config: How it is trained.
        data: What it is trained on.
        folder: Exists.
        machine: Where it runs.

    Raises:
        RealtimePoseError: There is too little data, a name to freeze is wrong, or the folder cannot be written.
    """

    def __init__(
        self, network: nn.Module, config: TrainConfig, data: TrainData, folder: Path, machine: Machine
    ) -> None:
        self._config, self._data, self._folder, self._machine = config, data, folder, machine
        self._is_first = machine.rank[0] == 0
        input_spec = to_spec(make_entry(config, data.skeleton), folder / BEST).input
        self._dataset, self._panel = self._make_datasets(input_spec)
        self._batches = EpochBatches(len(data.persons), config.batch, seed=config.seed, rank=machine.rank)
        if not len(self._batches):
            raise DatasetError(
                f"expected at least {counted(machine.rank[1], 'person')}, one for each process, got {len(data.persons)}"
            )
        self._plans = plan_phases(config)
        self._phase = self._make_phase(self._plans[0], network.to(machine.device))

    def _make_datasets(self, spec: InputSpec) -> tuple[CropDataset, CropDataset]:
        """The crops to train on, and those of the panels: with an SSTN they are not centred either."""
        data, seed = self._data, self._config.seed if self._config.augment else None
        if not self._config.has_sstn:
            trained = CropDataset(data.persons, data.skeleton, spec, seed=seed, proposals=data.proposals)
            return trained, CropDataset(data.panel, data.skeleton, spec, seed=None)
        proposals = data.proposals or DISPLACED
        return (
            SstnDataset(data.persons, data.skeleton, spec, seed=seed, proposals=proposals),
            SstnDataset(data.panel, data.skeleton, spec, seed=None, proposals=proposals),
        )

    def _make_phase(self, plan: PhasePlan, sppe: nn.Module) -> Phase:
        """A phase with its entry and its validation."""
        phase = Phase(plan, sppe, self._config, self._data.skeleton, num_batches=len(self._batches))
        self._entry = make_entry(self._config, self._data.skeleton, sstn=plan.sstn)
        self._spec: ModelSpec = to_spec(self._entry, self._folder / plan.best)
        self._validation = self._make_validation() if self._is_first else None
        return phase

    def _make_validation(self) -> Validation:
        path = self._folder / VALIDATION
        atomic.write(path, json.dumps(self._data.validation))
        return Validation(CocoTruth(path, self._data.skeleton), self._folder, self._spec)

    def _begin_phase(self, plan: PhasePlan) -> None:
        """Go on with the next phase; its best network is another one."""
        before = self._phase.state
        self._phase = self._make_phase(plan, before.result)
        self._phase.state.progress = replace(before.progress, best=Progress().best)

    @property
    def folder(self) -> Path:
        """The folder."""
        return self._folder

    @property
    def unreadable(self) -> list[str]:
        """The images that could not be read so far."""
        return self._state.progress.unreadable

    @property
    def _state(self) -> TrainState:
        return self._phase.state

    def resume(self) -> None:
        """Go on from the last checkpoint; raises ModelError."""
        path = self._folder / LAST
        content = read_last(path)
        for plan in self._plans[1 : content.get("phase", 1)]:
            self._begin_phase(plan)
        self._state.load(content, path)

    def run(self, *, on_step: OnStep, is_stopping: Callable[[], bool]) -> Iterator[EpochRow]:
        """Train; the numbers of each epoch as they come.

        Raises:
            KeyboardInterrupt: It was stopped, after a checkpoint was written.
            ModelError: The loss is no number, or there is not enough memory.
            SinkError: A file cannot be written; the last checkpoint stays.
        """
        curves = Curves(self._folder, step=self._state.progress.step) if self._is_first else None
        try:
            while self._state.progress.epoch < self._config.epochs:
                if self._state.progress.epoch == self._phase.plan.last_epoch:
                    self._begin_phase(self._plans[self._phase.plan.number])
                pictures_per_s = self._train_epoch(on_step, is_stopping)
                row = self._finish_epoch(pictures_per_s)
                if curves is not None:
                    curves.write(self._state.progress.rows)
                yield row
        finally:
            if curves is not None:
                curves.close()

    def _train_epoch(self, on_step: OnStep, is_stopping: Callable[[], bool]) -> float:
        """Train on all batches of an epoch that are not done yet; the crops per second."""
        progress, total = self._state.progress, len(self._batches)
        self._dataset.epoch = self._batches.epoch = progress.epoch
        self._batches.first = progress.batch
        self._phase.start_epoch()
        start_s, num_crops, rate = time.perf_counter(), 0, 0.0
        for sample in self._loader():
            self._note_unreadable(sample)
            loss = self._phase.step(sample)
            if not math.isfinite(loss):
                raise self._not_finite(f"the loss of step {progress.step + 1} is {loss}")
            progress.batch, progress.step = progress.batch + 1, progress.step + 1
            progress.loss_sum += loss
            num_crops += len(sample.crop) * self._machine.rank[1]
            rate = num_crops / (time.perf_counter() - start_s)
            on_step(progress.batch, total, progress.loss_sum / progress.batch, rate)
            if self._must_stop(is_stopping):
                self._save_last()
                raise KeyboardInterrupt
        return rate

    def _loader(self) -> DataLoader[Sample]:
        return DataLoader(
            self._dataset,
            batch_sampler=self._batches,
            num_workers=self._machine.workers,
            worker_init_fn=_prepare_worker,
            pin_memory=self._machine.device.type == "cuda",
        )

    def _note_unreadable(self, sample: Sample) -> None:
        names = {str(self._data.persons[-1 - index].path) for index in sample.row.tolist() if index < 0}
        unreadable = self._state.progress.unreadable
        unreadable.extend(sorted(names - set(unreadable)))

    def _must_stop(self, is_stopping: Callable[[], bool]) -> bool:
        """Whether one of the processes is to stop: then all do, after the same step."""
        flag = torch.tensor(float(is_stopping()), device=self._machine.device)
        return float(distributed.mean_of_all(flag)) > 0

    def _finish_epoch(self, pictures_per_s: float) -> EpochRow:
        """Validate, and write checkpoints and panels."""
        state, progress = self._state, self._state.progress
        if not state.is_finite:
            raise self._not_finite(f"parameters are no numbers after step {progress.step}")
        scores = Scores(float("nan"), 0.0)
        if self._validation is not None:
            state.result.eval()
            scores = self._validation.score(ModuleBackend(state.result))
        loss = progress.loss_sum / max(progress.batch, 1)
        progress.epoch, progress.batch, progress.loss_sum = progress.epoch + 1, 0, 0.0
        row = EpochRow(
            epoch=progress.epoch, step=progress.step, loss=loss, rate=float(state.schedule.get_last_lr()[0]),
            pictures_per_s=pictures_per_s, ap=scores.ap, pck=scores.pck, phase=self._phase.plan.number,
        )  # fmt: skip
        progress.rows.append(row)
        if self._is_first:
            self._write_epoch(row, scores)
        distributed.wait_for_all()
        return row

    def _write_epoch(self, row: EpochRow, scores: Scores) -> None:
        progress, plan = self._state.progress, self._phase.plan
        score = (0.0 if math.isnan(scores.ap) else scores.ap, scores.pck)
        if score > progress.best:
            progress.best = score
            path = self._folder / plan.best
            checkpoint.save(path, to_cpu(self._state.result.state_dict()))
            write_entry(path, self._entry | {"published_score": _describe(row)})
        if (row.epoch - 1) % _PANEL_EPOCHS == 0 or row.epoch == plan.last_epoch:
            self._write_panel(row.epoch)
        self._save_last()

    def _write_panel(self, epoch: int) -> None:
        samples = [self._panel[index] for index in range(min(_PANEL_CROPS, len(self._panel)))]
        self._state.result.eval()
        outputs = ModuleBackend(self._state.result).run(torch.stack([sample.crop for sample in samples]).numpy())
        folder = self._folder / "panels"
        folder.mkdir(exist_ok=True)
        atomic.write(folder / f"epoch_{epoch:04d}.jpg", encode_panel(draw_panel(samples, outputs, self._spec)))

    def _save_last(self) -> None:
        if self._is_first:
            self._state.save(self._folder / LAST, phase=self._phase.plan.number)

    def _not_finite(self, what: str) -> ModelError:
        kept = (
            f"the last good checkpoint is {self._folder / LAST}"
            if self._state.progress.rows
            else "none was written yet"
        )
        return ModelError(f"training stopped, because {what}; {kept}; try a smaller --rate, now {self._config.rate:g}")


def _prepare_worker(worker: int) -> None:
    """One thread for each process that loads data; Ctrl-C is the business of the training."""
    cv2.setNumThreads(0)
    dataset.leave_ctrl_c_to_parent(worker)


def _describe(row: EpochRow) -> str:
    ap = "" if math.isnan(row.ap) else f"AP {100 * row.ap:.1f}, "
    return f"{ap}PCK {100 * row.pck:.1f} in true boxes of validation.json, after {row.epoch} epochs"
