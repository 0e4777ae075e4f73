# `make run` and `make test` are all that a fresh machine needs; both set up first what is missing.
.DEFAULT_GOAL := help
.PHONY: help setup browser run train quick quick-tests test checks lint data-check unit stories deep simulate chaos outages mutants bench \
	schemas eval docs licences local-slack local-postfix pictures
# Compiling Rasa and TensorFlow anew at every start would take longer than everything else together.
unexport PYTHONDONTWRITEBYTECODE
home := $(shell sh scripts/home)
ifneq ($(home),$(HOME))
ifndef PYENV_ROOT
export PYENV_ROOT := $(HOME)/.pyenv
endif
export HOME := $(home)
endif
bin := .venv/bin
WORKERS := 5
quiet := RASA_TELEMETRY_ENABLED=false TF_CPP_MIN_LOG_LEVEL=3 SQLALCHEMY_SILENCE_UBER_WARNING=1 PYTHONWARNINGS=ignore

help: ## Show these lines
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile

setup: ## Make .venv from the lock file
	@sh scripts/setup

run: setup ## Start the demo and its page; ARGS="--port 5006" passes options on
	@$(bin)/refund-desk run --demo $(ARGS)

train: setup ## Train the model, if its sources have changed
	@$(bin)/refund-desk train

quick: ## What one runs at every change: lint, types, policy, cases on SQLite, NLU, actions
	@sh scripts/stages setup lint train quick-tests

quick-tests:
	@$(bin)/pytest -n $(WORKERS) -p no:warnings -m "not postgres and not e2e" tests/policy tests/cases tests/nlu tests/actions tests/dialogue

test: ## Everything that must pass
	@sh scripts/stages setup checks unit

# Training keeps one processor busy for a while, and the rest the other one.
checks:
	@$(MAKE) --no-print-directory --jobs 2 --output-sync train lint data-check docs browser stories

lint: setup ## Format, lint, types, dead code, who may import whom, and sentences outside of bot/wording
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/vulture
	$(bin)/lint-imports
	$(bin)/python -m scripts.sentences

data-check: setup ## Rasa's own check of domain and training data
	@sh scripts/quietly data-check env $(quiet) $(bin)/rasa data validate --fail-on-warnings

unit: train browser ## All tests of pytest; ARGS="-k words" selects
	$(bin)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder --durations 20 $(ARGS)

deep: train browser ## The tests with random inputs, with all their examples; ARGS="-k words" selects
	DEEP_TESTS=1 $(bin)/pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -m hypothesis $(ARGS)

browser:
	@sh scripts/browser

stories: train ## The conversation stories
	@sh scripts/stories

simulate: train ## Simulated customers, most in process, some over HTTP; ARGS="--scenarios 50 --runs 2 --seed 3 --http 20"
	@PYTHONWARNINGS=ignore TF_CPP_MIN_LOG_LEVEL=3 $(bin)/python -m scripts.simulate $(ARGS)

chaos: train ## Kill customers and workers at random points; ARGS="--scenarios 5000 --seed 7", or ARGS="--service"
	@$(bin)/python -m scripts.chaos $(ARGS)

outages: train ## Stop the bot and kill its processes while customers talk; ARGS="--seconds 600 --database URL"
	@$(bin)/python -m scripts.outages $(ARGS)

mutants: train browser ## Put known faults into the code, and say which test catches each; ARGS="-k cases --at REV"
	@$(bin)/python -m scripts.mutants $(ARGS)

schemas: setup ## Write down what a new migration changes, which the start compares a database with
	@$(bin)/python -m scripts.schemas

bench: train browser ## Measure decisions, turns, turns in a crowd, and pages
	@$(bin)/python -m scripts.bench $(ARGS)
	@$(bin)/python -m scripts.crowd
	@$(bin)/python -m scripts.page_costs

EVAL := ../shared/eval/utterances_dev.jsonl
eval: train ## How well messages are understood, with reports in results/; EVAL=FILE names labelled messages
	@echo "Cross-validation of the training data"
	@$(bin)/python -m scripts.cross_validate results/cross-validation
	@echo && echo "$(EVAL)"
	@$(bin)/refund-desk evaluate $(EVAL) --report results/evaluation

docs: setup ## The documentation as a site in results/site; a warning is an error
	@sh scripts/quietly docs env $(quiet) $(bin)/mkdocs build --strict

licences: setup ## The licences of the packages that this one stands on
	@$(bin)/python -m scripts.docs_hooks

local-slack: setup ## A Slack on this machine, to try the bot without an account
	@$(bin)/python -m scripts.local_slack $(ARGS)

local-postfix: train ## A refund by mail through a real Postfix, which has to be installed; as root
	@$(bin)/python -m scripts.local_postfix

pictures: train browser ## Make the pictures of the documentation again
	@$(bin)/python -m scripts.pictures
