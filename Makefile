# Needs only Python 3.11.5 to 3.13; every target that runs code makes its own .venv first.
PYTHON ?= python3
PORT ?= 8000
# The tested versions. `make ... CONSTRAINTS=` installs the newest releases instead.
CONSTRAINTS ?= constraints.txt
LABS ?= notebooks/*/*.md

BIN := .venv/bin
INSTALLED := .venv/.installed
PAGE := $(CURDIR)/_build/html/index.html
# Two workers, each on one thread: on small tensors more threads only get in each other's way.
PYTEST := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 $(BIN)/pytest -n 2 -rs

# Keep TensorFlow's start-up messages out of outputs, and its sums in one order.
export TF_CPP_MIN_LOG_LEVEL := 2
export TF_ENABLE_ONEDNN_OPTS := 0

.DEFAULT_GOAL := help
.PHONY: help install book serve pdf quick test test-package test-notebooks bench simulation lint format notebooks repository clean

help:
	@echo "make book             build the book and print the path of its first page"
	@echo "make serve            serve the built book at http://localhost:$(PORT)"
	@echo "make pdf              the book without its API reference as one PDF; needs XeLaTeX (see README.md)"
	@echo "make quick F=boxes    test one family in all columns, in half a minute: all but what compiles,"
	@echo "                      the kit and the book"
	@echo "make test             build the book, run every test, then the labs again;"
	@echo "                      stops at the first of these stages that fails"
	@echo "make test-package     run the tests without building the book or running notebooks"
	@echo "make test-notebooks   re-run the labs and compare with their stored outputs"
	@echo "make bench            time the losses beside those of other libraries, a few minutes"
	@echo "make simulation       run the simulation of the DIoU paper at its full size, a few minutes"
	@echo "make lint             check style and types"
	@echo "make format           write the docstrings from the cards, and apply the style"
	@echo "make notebooks        bring the labs in line with their .md, run them, store outputs;"
	@echo "                      LABS=notebooks/detection/iou_family.md does so for one of them"
	@echo "make repository URL=  write the repository's address into book, labs, package and README"
	@echo "make clean            remove what was built (.venv stays)"

$(INSTALLED): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11, 5) <= sys.version_info < (3, 14))' || \
		{ echo "Loss Guide needs Python 3.11.5 to 3.13. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv; the first time this takes a few minutes."
	@$(BIN)/python -m pip install --quiet --editable ".[dev]" $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS))
	@touch $@

install: $(INSTALLED)

book: install
	@# After a failure Sphinx would not repeat its warnings about pages that it has read: forget them.
	$(BIN)/jupyter-book build -q -W -n --keep-going . || { rm -rf _build/.doctrees; exit 1; }
	@echo "The book is ready. Open $(PAGE)"

serve: book
	$(BIN)/python -m http.server --bind localhost --directory _build/html $(PORT)

PDF := _build/pdf
pdf: install
	@mkdir -p $(PDF)
	@# Without the reference of the columns, which is hundreds of pages.
	sed -e '/reference\/api_/d' -e '/reference\/api$$/{n;d}' _toc.yml > $(PDF)/toc.yml
	$(BIN)/jupyter-book build -q --builder latex --toc $(PDF)/toc.yml --path-output $(PDF) .
	cd $(PDF)/_build/latex && latexmk -silent -xelatex -interaction=nonstopmode loss-guide.tex
	@echo "The book is ready to print: $(PDF)/_build/latex/loss-guide.pdf"

quick: install
	$(if $(F),,$(error Name a family: make quick F=boxes))
	$(BIN)/python tools/docstrings.py --check
	@# One worker: a second would spend as long on importing the frameworks as it saves.
	$(PYTEST) -n 0 -q --family $(F) -m "not slow" tests/grid tests/families lossguide

test: book
	$(PYTEST)
	@$(MAKE) --no-print-directory test-notebooks

test-package: install
	$(PYTEST) --ignore tests/book

test-notebooks: install
	CUDA_VISIBLE_DEVICES= $(BIN)/pytest -n 2 --dist loadfile --nbval --nbval-current-env notebooks

# The peers' plain Python files, unpacked: none brings a PyTorch of its own.
PEERS := _build/peers
$(PEERS)/.unpacked: | install
	@mkdir -p $(PEERS)
	for peer in torchvision ultralytics monai pytorch-metric-learning segmentation-models-pytorch; do \
		$(BIN)/python -m pip download --quiet --no-deps --dest $(PEERS)/wheels $$peer || exit 1; done
	for wheel in $(PEERS)/wheels/*.whl; do $(BIN)/python -m zipfile -e $$wheel $(PEERS) || exit 1; done
	@touch $@

bench: install $(PEERS)/.unpacked
	$(BIN)/python -m benchmarks.speed --peers $(PEERS)

simulation: install $(PEERS)/.unpacked
	$(BIN)/python -m benchmarks.simulation --peers $(PEERS)

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: install
	$(BIN)/python tools/docstrings.py --write
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

notebooks: install
	$(BIN)/python tools/notebooks.py $(LABS)

repository:
	@$(PYTHON) tools/repository.py "$(URL)"

clean:
	rm -rf _build .hypothesis .mypy_cache .pytest_cache .ruff_cache
