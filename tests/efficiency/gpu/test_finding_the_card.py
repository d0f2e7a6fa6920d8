"""From a CUDA device to NVML's card: never by number where that could be another card, and None without NVML."""

from __future__ import annotations

from types import SimpleNamespace

import pynvml
import pytest
import torch

from gtpt_bench.efficiency.gpu.card import Card, CardIdentity, load_nvml, opened_card
from gtpt_bench.efficiency.gpu.identity import card_of, identity_from
from tests.efficiency.gpu.fake_nvml import UUID, FakeNvml

OTHER = "GPU-ffffffff-0000-1111-2222-333344445555"


def handle_of(identity: CardIdentity | None, nvml: FakeNvml | None, **environment: str) -> object:
    with opened_card(identity, load=lambda: nvml, environment=environment) as card:
        return None if card is None else card.handle


def test_the_uuid_decides_whatever_the_numbers_are() -> None:
    """Device 0 of a process that sees only the second card."""
    nvml = FakeNvml(cards=(OTHER, f"GPU-{UUID}"))
    assert handle_of(CardIdentity(0, uuid=UUID), nvml, CUDA_VISIBLE_DEVICES="1") == f"handle of GPU-{UUID}"


def test_a_slice_of_a_card_is_found_by_its_own_uuid() -> None:
    assert handle_of(CardIdentity(0, uuid=UUID), FakeNvml(cards=(f"MIG-{UUID}",))) == f"handle of MIG-{UUID}"


def test_the_place_on_the_bus_helps_where_the_uuid_is_not_told() -> None:
    identity = CardIdentity(1, pci_bus_id="00000000:3B:00.0")
    assert handle_of(identity, FakeNvml(cards=(OTHER, OTHER))) == "handle at 00000000:3B:00.0"


def test_an_old_torch_is_helped_by_uuids_in_the_environment() -> None:
    visible = f"{OTHER}, GPU-{UUID}"
    nvml = FakeNvml(cards=(f"GPU-{UUID}", OTHER))
    assert handle_of(CardIdentity(1), nvml, CUDA_VISIBLE_DEVICES=visible) == f"handle of GPU-{UUID}"


def test_a_bare_number_counts_only_on_a_machine_with_one_card() -> None:
    assert handle_of(CardIdentity(0), FakeNvml()) == f"handle of GPU-{UUID}"
    assert handle_of(CardIdentity(0), FakeNvml(cards=(OTHER, OTHER)), CUDA_VISIBLE_DEVICES="1,0") is None


def test_an_unknown_uuid_is_no_card_rather_than_another_one() -> None:
    assert handle_of(CardIdentity(0, uuid=UUID), FakeNvml(cards=(OTHER,))) is None


def test_without_nvml_there_is_no_card() -> None:
    assert handle_of(CardIdentity(0, uuid=UUID), None) is None


def test_a_cpu_does_not_even_ask_for_nvml() -> None:
    def never() -> None:
        raise AssertionError("asked")

    with opened_card(None, load=never) as card:
        assert card is None
    with card_of(torch.device("cpu")) as card:
        assert card is None


def test_a_driver_that_does_not_start_is_no_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)

    monkeypatch.setattr(pynvml, "nvmlInit", fails)
    assert load_nvml() is None


def test_nvml_is_closed_after_use_also_when_the_measurement_fails() -> None:
    nvml = FakeNvml()
    with pytest.raises(ZeroDivisionError), opened_card(CardIdentity(0, uuid=UUID), load=lambda: nvml):
        _ = 1 / 0
    assert nvml.shut_down == 1


def test_torch_tells_uuid_and_bus() -> None:
    told = SimpleNamespace(uuid=UUID, pci_domain_id=0, pci_bus_id=0x3B, pci_device_id=0)
    assert identity_from(told, 2) == CardIdentity(2, UUID, "00000000:3B:00.0")
    assert identity_from(SimpleNamespace(), 2) == CardIdentity(2)


def test_facts_of_the_card() -> None:
    nvml = FakeNvml(
        nvmlDeviceGetName="NVIDIA H200", nvmlSystemGetDriverVersion="570.1", nvmlDeviceGetPowerManagementLimit=700_000
    )
    facts = Card(nvml, "handle").facts()
    assert (facts.name, facts.driver, facts.power_limit_w) == ("NVIDIA H200", "570.1", 700.0)
