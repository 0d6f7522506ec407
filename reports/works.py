"""The works that the page cites: data, the same in every language. A text links to one as `[...](#ref-<key>)`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """A work and where it is found.

    Parameters
    ----------
    key
        Its anchor on the page is `ref-<key>`.
    authors, title, place
        As a list of references prints them; `place` is the journal, the conference or the archive.
    year
        Of the publication.
    address
        Its DOI or arXiv page, else where its publisher keeps it.

    """

    key: str
    authors: str
    year: int
    title: str
    place: str
    address: str


WORKS: tuple[Work, ...] = (
    Work(
        "akemann-2014",
        "Akemann, G., Burda, Z., Kieburg, M.",
        2014,
        "Universal distribution of Lyapunov exponents for products of Ginibre matrices",
        "Journal of Physics A 47, 395202",
        "https://arxiv.org/abs/1406.0803",
    ),
    Work(
        "can-2020",
        "Can, T., Krishnamurthy, K., Schwab, D. J.",
        2020,
        "Gating creates slow modes and controls phase-space complexity in GRUs and LSTMs",
        "MSML, PMLR 107",
        "https://arxiv.org/abs/2002.00025",
    ),
    Work(
        "cho-2014",
        "Cho, K., van Merriënboer, B., Gulcehre, C., Bahdanau, D., Bougares, F., Schwenk, H., Bengio, Y.",
        2014,
        "Learning phrase representations using RNN encoder–decoder for statistical machine translation",
        "EMNLP",
        "https://arxiv.org/abs/1406.1078",
    ),
    Work(
        "efron-1993",
        "Efron, B., Tibshirani, R. J.",
        1993,
        "An introduction to the bootstrap",
        "Chapman & Hall",
        "https://doi.org/10.1201/9780429246593",
    ),
    Work(
        "engelken-2023",
        "Engelken, R., Wolf, F., Abbott, L. F.",
        2023,
        "Lyapunov spectra of chaotic recurrent neural networks",
        "Physical Review Research 5, 043044",
        "https://arxiv.org/abs/2006.02427",
    ),
    Work(
        "gers-2000",
        "Gers, F. A., Schmidhuber, J., Cummins, F.",
        2000,
        "Learning to forget: continual prediction with LSTM",
        "Neural Computation 12, 2451–2471",
        "https://doi.org/10.1162/089976600300015015",
    ),
    Work(
        "gers-2001",
        "Gers, F. A., Schmidhuber, J.",
        2001,
        "LSTM recurrent networks learn simple context-free and context-sensitive languages",
        "IEEE Transactions on Neural Networks 12, 1333–1340",
        "https://doi.org/10.1109/72.963769",
    ),
    Work(
        "gers-peephole-2000",
        "Gers, F. A., Schmidhuber, J.",
        2000,
        "Recurrent nets that time and count",
        "IJCNN 3, 189–194",
        "https://doi.org/10.1109/IJCNN.2000.861302",
    ),
    Work(
        "glorot-2010",
        "Glorot, X., Bengio, Y.",
        2010,
        "Understanding the difficulty of training deep feedforward neural networks",
        "AISTATS, PMLR 9, 249–256",
        "https://proceedings.mlr.press/v9/glorot10a.html",
    ),
    Work(
        "greff-2017",
        "Greff, K., Srivastava, R. K., Koutník, J., Steunebrink, B. R., Schmidhuber, J.",
        2017,
        "LSTM: a search space odyssey",
        "IEEE Transactions on Neural Networks and Learning Systems 28, 2222–2232",
        "https://arxiv.org/abs/1503.04069",
    ),
    Work(
        "hettmansperger-1986",
        "Hettmansperger, T. P., Sheather, S. J.",
        1986,
        "Confidence intervals based on interpolated order statistics",
        "Statistics & Probability Letters 4, 75–79",
        "https://doi.org/10.1016/0167-7152(86)90021-0",
    ),
    Work(
        "hochreiter-1997",
        "Hochreiter, S., Schmidhuber, J.",
        1997,
        "Long short-term memory",
        "Neural Computation 9, 1735–1780",
        "https://doi.org/10.1162/neco.1997.9.8.1735",
    ),
    Work(
        "holm-1979",
        "Holm, S.",
        1979,
        "A simple sequentially rejective multiple test procedure",
        "Scandinavian Journal of Statistics 6, 65–70",
        "https://www.jstor.org/stable/4615733",
    ),
    Work(
        "jozefowicz-2015",
        "Jozefowicz, R., Zaremba, W., Sutskever, I.",
        2015,
        "An empirical exploration of recurrent network architectures",
        "ICML, PMLR 37, 2342–2350",
        "https://proceedings.mlr.press/v37/jozefowicz15.html",
    ),
    Work(
        "newman-1986",
        "Newman, C. M.",
        1986,
        "The distribution of Lyapunov exponents: exact results for random matrices",
        "Communications in Mathematical Physics 103, 121–126",
        "https://doi.org/10.1007/BF01210792",
    ),
    Work(
        "pascanu-2013",
        "Pascanu, R., Mikolov, T., Bengio, Y.",
        2013,
        "On the difficulty of training recurrent neural networks",
        "ICML",
        "https://arxiv.org/abs/1211.5063",
    ),
    Work(
        "poppel-2024",
        "Pöppel, K., Beck, M., Hochreiter, S.",
        2024,
        "FlashRNN: I/O-aware optimization of traditional RNNs on modern hardware",
        "arXiv",
        "https://arxiv.org/abs/2412.07752",
    ),
    Work(
        "pytorch-2023",
        "PyTorch contributors",
        2023,
        "Enable oneDNN implementation in LSTM op",
        "github.com/pytorch/pytorch, pull request 91158",
        "https://github.com/pytorch/pytorch/pull/91158",
    ),
    Work(
        "saxe-2014",
        "Saxe, A. M., McClelland, J. L., Ganguli, S.",
        2014,
        "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks",
        "ICLR",
        "https://arxiv.org/abs/1312.6120",
    ),
    Work(
        "shalev-shwartz-2017",
        "Shalev-Shwartz, S., Shamir, O., Shammah, S.",
        2017,
        "Failures of gradient-based deep learning",
        "ICML, PMLR 70",
        "https://arxiv.org/abs/1703.07950",
    ),
    Work(
        "sompolinsky-1988",
        "Sompolinsky, H., Crisanti, A., Sommers, H. J.",
        1988,
        "Chaos in random neural networks",
        "Physical Review Letters 61, 259–262",
        "https://doi.org/10.1103/PhysRevLett.61.259",
    ),
    Work(
        "tallec-2018",
        "Tallec, C., Ollivier, Y.",
        2018,
        "Can recurrent neural networks warp time?",
        "ICLR",
        "https://arxiv.org/abs/1804.11188",
    ),
    Work(
        "williams-1990",
        "Williams, R. J., Peng, J.",
        1990,
        "An efficient gradient-based algorithm for on-line training of recurrent network trajectories",
        "Neural Computation 2, 490–501",
        "https://doi.org/10.1162/neco.1990.2.4.490",
    ),
    Work(
        "zucchet-2024",
        "Zucchet, N., Orvieto, A.",
        2024,
        "Recurrent neural networks: vanishing and exploding gradients are not the end of the story",
        "NeurIPS",
        "https://arxiv.org/abs/2405.21064",
    ),
)
"""In the order of their keys: first author, year."""
